// What users and models wrote is text: ids, words of models, searches.
import { expect, test } from "./stage";

const HOSTILE = [
  `<img src=x onerror="window.broken=1">`,
  `"><script>window.broken=1</script>`,
  `<svg/onload=window.broken=1>`,
  `javascript:window.broken=1`,
  `{{constructor.constructor('window.broken=1')()}}`,
  `<a href="javascript:window.broken=1">click</a>`,
  `</textarea><iframe srcdoc="<script>parent.broken=1</script>">`,
  `&lt;img src=x onerror=window.broken=1&gt;`,
  "\u202e<b>reversed</b>\u0000\u200b",
];

test("nothing that somebody wrote becomes markup", async ({ enter, stage }) => {
  const ids: string[] = [];
  for (const one of HOSTILE) ids.push(await stage.raise(one.slice(0, 200), "message_flood", one));
  const page = await enter();
  const refused: string[] = [];
  page.on("console", (message) => message.text().includes("Content Security Policy") && refused.push(message.text()));
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => refused.push("a dialog")));
  await page.getByRole("button", { name: "Open", exact: true }).click();
  for (const [i, id] of ids.entries()) {
    await page.goto(`${stage.url}/#/incidents/${id}`);
    const written = HOSTILE[i] ?? "";
    if (i < 8) await expect(page.locator(".what-happened")).toContainText(written.replace(/\s+/g, " "));
    await expect(page.locator(".waterfall")).toBeVisible();
  }
  await page.goto(`${stage.url}/#/map`);
  await expect(page.locator(".riskiest tbody tr").first()).toBeVisible();
  for (const one of HOSTILE) {
    await page.goto(`${stage.url}/#/search?${new URLSearchParams({ q: one })}`);
    await expect(page.locator("h1", { hasText: "Search" })).toBeVisible();
  }
  const found = await page.evaluate(() => ({
    broken: (window as unknown as { broken?: number }).broken,
    strange: document.querySelectorAll("img:not([alt='']), iframe, script:not([src]), [onerror], [onload], a[href^='javascript']").length,
  }));
  expect(found).toEqual({ broken: undefined, strange: 0 });
  expect(refused).toEqual([]);
});
