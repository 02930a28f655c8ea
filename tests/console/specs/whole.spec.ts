// From the README to a first incident understood, on the whole system: `python -m tests.console --whole` starts it.
import { expect, test } from "@playwright/test";

const WHOLE = process.env["RESONANCE_CONSOLE"];

test("a newcomer understands a first incident", async ({ page }) => {
  test.skip(!WHOLE, "the whole system is not running");
  test.setTimeout(1_800_000);
  const [url = "", token = ""] = (WHOLE ?? "").split(" ");
  const began = Date.now();
  const past = (what: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);

  await page.goto(url);
  await page.getByLabel("Token or API key").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  past("signed in");
  const row = page.locator(".row").first();
  await expect(row).toBeVisible({ timeout: 1_500_000 });
  past("the first incident is in the list");
  await row.click();
  await expect(page.locator(".what-happened p").first()).toContainText(/account/i);
  past("it is told in words");
  await expect(page.locator(".waterfall, .panel:has-text('Why it was flagged')").first()).toBeVisible();
  await expect(page.locator(".small-chart").first()).toBeVisible({ timeout: 120_000 });
  past("it is explained and drawn");
  await page.getByRole("button", { name: /True alarm/ }).click();
  await expect(page.getByRole("button", { name: /True alarm/ })).toHaveAttribute("aria-pressed", "true");
  past("a verdict on it is stored");
  const shots = process.env["SHOTS"];
  if (shots) await page.screenshot({ path: `${shots}/whole.png` });
});
