// A stage for each worker: the gateway with an evening's incidents, which does more when it is told.
import { test as base, expect, type Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export type Role = "viewer" | "operator" | "admin";

export class Stage {
  url = "";
  tokens: Record<Role, string> = { viewer: "", operator: "", admin: "" };
  private answers: ((line: string) => void)[] = [];

  constructor(private readonly child: ChildProcess) {
    if (!child.stdout) throw new Error("The stage has no output.");
    createInterface({ input: child.stdout }).on("line", (line) => this.answers.shift()?.(line));
  }

  async begin(): Promise<void> {
    Object.assign(this, await this.line());
  }

  /** Tells the stage something; gives its answer. */
  async say<T = string>(command: string): Promise<T> {
    const answer = this.line<T>();
    this.child.stdin?.write(`${command}\n`);
    return await answer;
  }

  raise(person: string, kind: string, note = ""): Promise<string> {
    return this.say(`raise ${JSON.stringify({ person, kind, note })}`);
  }

  end(): void {
    this.child.kill();
  }

  private line<T>(): Promise<T> {
    return new Promise((resolve) => this.answers.push((line) => resolve(JSON.parse(line) as T)));
  }
}

export const test = base.extend<{ enter: (role?: Role) => Promise<Page> }, { stage: Stage }>({
  stage: [
    async ({}, use) => {
      const python = process.env["PYTHON"] ?? ".venv/bin/python";
      const child = spawn(python, ["-m", "tests.console.stage"], { cwd: "../..", stdio: ["pipe", "pipe", "inherit"] });
      const stage = new Stage(child);
      await stage.begin();
      await use(stage);
      stage.end();
    },
    { scope: "worker", timeout: 900_000 },
  ],
  enter: async ({ page, stage }, use) => {
    await use(async (role = "operator") => {
      await page.goto(stage.url);
      await page.getByLabel("Token or API key").fill(stage.tokens[role]);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByText("Live", { exact: true })).toBeVisible();
      return page;
    });
  },
});

export { expect };
