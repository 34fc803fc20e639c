/** A real browser for the tests, from a package: nothing of the system is needed. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";

/** The package's own arguments are not used: one of them closes with two contexts, another switches off what the pages' tests are about. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/** The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const folder = join(tmpdir(), `outpost-browser-${packageVersion()}`);
  mkdirSync(folder, { recursive: true });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    const { chromium: playwright } = await import("playwright-core");
    return await playwright.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS, headless: true });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** It unpacks itself into the temporary folder and takes any copy it finds there, another version's too: so one folder per version. */
function packageVersion(): string {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const { version } = createRequire(entry)("../../package.json") as { readonly version: string };
  return version;
}
