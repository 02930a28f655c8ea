// WCAG 2.2 AA by axe, on every page in both themes.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "./stage";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SETTLES_MS = 5000;
// Where pictures of every page are put, for the documents.
const SHOTS = process.env["SHOTS"];

for (const colorScheme of ["dark", "light"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, bypassCSP: true });

    test("every page", async ({ enter, stage, page }) => {
      const id = await stage.raise(`ida.${colorScheme}`, "message_flood");
      await page.goto(stage.url);
      await page.getByLabel("Token or API key").waitFor();
      const found: Record<string, unknown[]> = { "sign-in": await faults() };
      await enter("admin");
      for (const place of ["incidents", `incidents/${id}`, "map", "models", "health", "search?q=raj.kovac"]) {
        if (place === "map") await stage.say("flood 20");
        await page.goto(`${stage.url}/#/${place}`);
        await page.waitForTimeout(SETTLES_MS);
        const name = place.startsWith("incidents/") ? "incident" : place.split("?")[0];
        const path = `${SHOTS}/${name}-${colorScheme}.jpg`;
        if (SHOTS) await page.screenshot({ path, type: "jpeg", quality: 75 });
        if (place === "map") await stage.say("flood 0");
        found[place] = await faults();
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((place) => [place, []])));

      async function faults(): Promise<unknown[]> {
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
        return violations.map((one) => ({ id: one.id, at: one.nodes.map((node) => node.target.join(" ")).slice(0, 4) }));
      }
    });
  });
}
