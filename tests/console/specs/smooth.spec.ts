// How much is loaded, and how smooth it stays with 200 anomalies a second.
import { expect, test } from "./stage";

const RATE = 200;
const LASTS_MS = 10_000;

test("it loads under 300 kB", async ({ page, stage }) => {
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  let bytes = 0;
  client.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto(stage.url);
  await page.getByLabel("Token or API key").fill(stage.tokens.operator);
  await page.keyboard.press("Enter");
  for (const place of ["incidents", "map", "models", "health", "search"]) {
    await page.goto(`${stage.url}/#/${place}`);
    await page.waitForTimeout(300);
  }
  const files = await page.evaluate(() =>
    performance.getEntriesByType("resource").filter((one) => one.name.includes("/assets/")).length);
  console.log(`loaded ${Math.round(bytes / 1024)} KiB with all pages and their first data, ${files} files`);
  expect(bytes).toBeLessThan(300_000);
});

for (const place of ["map", "incidents"]) {
  test(`${place} at ${RATE} anomalies a second`, async ({ enter, page, stage }) => {
    await enter();
    await page.goto(`${stage.url}/#/${place}`);
    await page.mouse.move(1200, 880);
    const first = await stage.say<number>(`flood ${RATE}`);
    const flooding = Date.now();
    await page.waitForTimeout(3000);
    const client = await page.context().newCDPSession(page);
    // Of the main thread's own processor time, which other programs on the machine do not lengthen.
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    const busy = async (): Promise<number> =>
      (await client.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration")?.value ?? NaN;
    const before = await busy();
    const told = await page.evaluate(
      (lasts) =>
        new Promise<{ frames: number; longest: number; late: number; ms: number }>((resolve) => {
          const began = performance.now();
          let [last, frames, longest, late] = [began, 0, 0, 0];
          const tick = (now: number): void => {
            frames += 1;
            longest = Math.max(longest, now - last);
            if (now - last > 25) late += 1;
            last = now;
            if (now - began < lasts) requestAnimationFrame(tick);
            else resolve({ frames, longest, late, ms: now - began });
          };
          requestAnimationFrame(tick);
        }),
      LASTS_MS,
    );
    const share = ((await busy()) - before) / (told.ms / 1000);
    const came = (1000 * ((await stage.say<number>("flood 0")) - first)) / (Date.now() - flooding);
    const rate = (1000 * told.frames) / told.ms;
    const ofFrame = (1000 * share) / rate;
    console.log(
      `${place}, ${came.toFixed(0)} anomalies/s: ${rate.toFixed(1)} frames/s, ${told.late} of ${told.frames} later than 25 ms, longest ${told.longest.toFixed(0)} ms; ` +
        `main thread ${(100 * share).toFixed(0)} % of a core, ${ofFrame.toFixed(1)} ms of processor time a frame`,
    );
    // 60 frames a second have 16.7 ms each; how many there are is only printed, for others may keep the machine busy.
    expect(came).toBeGreaterThan(0.8 * RATE);
    expect(ofFrame).toBeLessThan(16.7);
  });
}
