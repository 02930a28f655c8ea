import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "specs",
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  outputDir: "/tmp/resonance-console-test",
  use: {
    viewport: { width: 1480, height: 920 },
    locale: "en",
    colorScheme: "dark",
    launchOptions: { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
});
