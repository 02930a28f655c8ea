// The connection: news as it comes, nothing moves under a hand, and after a cut nothing is missing or doubled.
import { expect, test } from "./stage";

test("an incident appears by itself", async ({ enter, stage }) => {
  const page = await enter();
  await page.mouse.move(1200, 800);
  await page.getByRole("searchbox", { name: "User or words…" }).fill("omar.live");
  const id = await stage.raise("omar.live", "token_sharing");
  await expect(page.locator(`.row[href$="${id}"]`)).toBeVisible();
});

test("while somebody is in the list nothing moves, and what is new waits behind a line", async ({ enter, stage }) => {
  const page = await enter();
  await expect(page.locator(".row").first()).toBeVisible();
  await page.locator(".row").nth(3).hover();
  const before = await page.locator(".virtual li").evaluateAll((all) => all.map((one) => one.textContent));
  await stage.raise("omar.waits", "message_flood");
  await expect(page.getByRole("button", { name: "1 new incident" })).toBeVisible();
  expect(await page.locator(".virtual li").evaluateAll((all) => all.map((one) => one.textContent))).toEqual(before);
  await page.getByRole("button", { name: "1 new incident" }).click();
  await page.getByRole("searchbox", { name: "User or words…" }).fill("omar.waits");
  await expect(page.locator(".row")).toHaveCount(1);
});

test("after a cut it goes on without gap or repeat", async ({ enter, stage }) => {
  const page = await enter();
  await page.getByRole("searchbox", { name: "User or words…" }).fill("omar.cut");
  const known = await stage.raise("omar.cut1", "error_spike");
  await expect(page.locator(`.row[href$="${known}"]`)).toBeVisible();
  const frames: string[] = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(String(payload))));

  await stage.say("stop");
  await expect(page.getByText(/Disconnected since/)).toBeVisible();
  await expect(page.locator(`.row[href$="${known}"]`)).toBeVisible();
  const missed = [await stage.raise("omar.cut2", "error_spike"), await stage.raise("omar.cut3", "message_flood")];
  await stage.say("start");

  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  for (const id of missed) await expect(page.locator(`.row[href$="${id}"]`)).toHaveCount(1);
  await expect(page.locator(".row")).toHaveCount(3);
});

test("a page whose parts another gateway does not have yet comes when they are there", async ({ page, stage }) => {
  let asked = 0;
  await page.route("**/assets/index-*.js", (route) => (++asked > 2 ? route.continue() : route.fulfill({ status: 404 })));
  await page.goto(stage.url);
  await expect(page.getByLabel("Token or API key")).toBeVisible({ timeout: 30_000 });
  expect(asked).toBe(3);
});
