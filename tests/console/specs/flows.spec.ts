// What an operator does, from signing in to signing out.
import { expect, test } from "./stage";

test("a token that is not accepted is answered in the gateway's words", async ({ page, stage }) => {
  await page.goto(stage.url);
  await page.getByLabel("Token or API key").fill("nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("JWT");
});

test("the token stands in no address and is gone after signing out", async ({ enter, stage }) => {
  const page = await enter();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));
  await page.reload();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter((url) => url.includes(stage.tokens.operator.slice(0, 20)))).toEqual([]);
  await page.locator(".menu summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Token or API key")).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie)).not.toContain("ey");
});

test("incidents are grouped, filtered, and opened with the keys", async ({ enter }) => {
  const page = await enter();
  await expect(page.locator(".head").first()).toContainText(/user/);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  const rows = page.locator(".row");
  await expect(rows.first()).toBeVisible();
  expect(await rows.evaluateAll((all) => all.every((row) => row.classList.contains("open")))).toBe(true);
  await page.getByRole("button", { name: "All", exact: true }).click();
  await page.keyboard.press("Escape");
  await page.locator("body").press("j");
  await expect(page.locator(".incident-head h1")).toBeVisible();
  const first = page.url();
  await page.locator("body").press("j");
  await expect.poll(() => page.url()).not.toBe(first);
  await page.locator("body").press("/");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();
});

test("an incident is told in words, explained, and drawn", async ({ enter, stage }) => {
  const id = await stage.raise("nadia.told", "message_flood");
  const page = await enter();
  await page.goto(`${stage.url}/#/incidents/${id}`);
  await expect(page.locator(".what-happened")).toContainText(/messages/);
  await expect(page.getByRole("table", { name: "Waterfall of the attribution" })).toContainText("Message rate");
  await expect(page.locator(".small-chart")).toHaveCount(4);
  await expect(page.getByText("usual range, 5 to 95 %")).toBeVisible();
  await expect(page.getByText("Resonance's own writer")).toBeVisible();
  await page.locator(".menu summary").click();
  await page.locator(".menu").getByLabel("Language").selectOption("ru");
  await expect(page.getByRole("heading", { name: "Почему отмечено" })).toBeVisible();
  await expect(page.locator(".what-happened")).toContainText(/сообщени/);
});

test("what would have been ordinary is computed when it is asked for", async ({ enter, stage }) => {
  const id = await stage.raise("nadia.otherwise", "message_flood");
  const page = await enter();
  await page.goto(`${stage.url}/#/incidents/${id}`);
  await page.getByRole("button", { name: "Compute" }).click();
  const panel = page.locator("section.panel", { hasText: "What would make it ordinary" });
  await expect(panel.locator(".steps li")).toHaveText(/^Lower the message rate to \d+ a minute$/);
});

test("a verdict is given in one click and taken back in another", async ({ enter, stage }) => {
  const id = await stage.raise("nadia.judged", "error_spike");
  const page = await enter();
  await page.goto(`${stage.url}/#/incidents/${id}`);
  await page.getByRole("button", { name: /False alarm/ }).click();
  await expect(page.getByText("Noted as a false alarm.")).toBeVisible();
  await expect(page.getByRole("button", { name: /False alarm/ })).toHaveAttribute("aria-pressed", "true");
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("button", { name: /False alarm/ })).toHaveAttribute("aria-pressed", "false");
  await page.locator("body").press("t");
  await expect(page.getByRole("button", { name: /True alarm/ })).toHaveAttribute("aria-pressed", "true");
});

test("an action is approved after a question, and another rejected", async ({ enter, stage }) => {
  const id = await stage.raise("nadia.acted", "message_flood");
  const page = await enter();
  await page.goto(`${stage.url}/#/incidents/${id}`);
  const actions = page.locator(".action");
  await expect(actions.first()).toContainText("proposed");
  const count = await actions.count();
  await actions.nth(count - 1).getByRole("button", { name: "Reject" }).click();
  await expect(actions.nth(count - 1)).toContainText("rejected");
  await actions.first().getByRole("button", { name: "Approve" }).click();
  const question = page.getByRole("dialog");
  if (await question.isVisible()) await question.getByRole("button", { name: "Yes, do it" }).click();
  await expect(actions.first()).not.toContainText("proposed");
});

test("a viewer is offered nothing that a viewer may not do", async ({ enter, stage }) => {
  const id = await stage.raise("nadia.viewed", "message_flood");
  const page = await enter("viewer");
  await page.goto(`${stage.url}/#/incidents/${id}`);
  await expect(page.locator(".incident-head h1")).toBeVisible();
  await expect(page.getByRole("button", { name: /alarm|Approve|Reject|Compute/ })).toHaveCount(0);
  await expect(page.locator("body")).not.toContainText("nadia.viewed");
  await page.goto(`${stage.url}/#/models`);
  await expect(page.getByText("anomaly_detection").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /Train|Roll back|service/ })).toHaveCount(0);
});

test("search finds a person's incidents and an address's limits", async ({ enter }) => {
  const page = await enter();
  await page.getByRole("searchbox", { name: "Search" }).fill("raj.kovac");
  await page.keyboard.press("Enter");
  await expect(page.locator(".similar a").first()).toBeVisible();
  await page.getByRole("searchbox", { name: "Search" }).fill("192.0.2.7");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "As an address" })).toBeVisible();
});

test("search finds who used a channel, and a click who that is", async ({ enter, stage }) => {
  await stage.raise("nadia.talks", "message_flood");
  const page = await enter();
  await page.getByRole("searchbox", { name: "Search" }).fill("kitchen talk");
  await page.keyboard.press("Enter");
  const people = page.locator("section", { hasText: "As a channel: Who was there" });
  await expect(people.locator("a").first()).toContainText("nadia.talks");
  await people.locator("a").first().click();
  await expect(page.getByRole("heading", { name: "Search: nadia.talks" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search" }).fill("no such channel");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Nobody is known here who used this channel of late.")).toBeVisible();
});

test("models and health tell how things are", async ({ enter, stage }) => {
  const page = await enter("admin");
  await page.goto(`${stage.url}/#/models`);
  await expect(page.getByText("Challenger")).toBeVisible();
  await expect(page.locator("progress")).toBeVisible();
  await page.getByRole("button", { name: "Roll back" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "No" }).click();
  await page.goto(`${stage.url}/#/health`);
  await expect(page.getByText("its signature is not known")).toBeVisible();
  await expect(page.locator("meter")).toHaveCount(2);
});
