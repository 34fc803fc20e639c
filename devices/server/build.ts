/**
 * Builds the pages and the Workers' bundles, each only when its sources changed: a stamp beside the output holds the
 * digest of what it was built from. `npm start` on an unchanged checkout builds nothing.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { DIST, PAGES, ROOT, bundleOf } from "./paths.ts";
import { isAlive } from "./processes.ts";
import type { Layout } from "./paths.ts";

/** A build that takes longer than this hangs; the slowest here takes 20 s on two busy cores. */
const BUILD_MS = 300_000;
/** Lines of a failed build's output that are shown, from the error on. */
const OUTPUT_LINES = 30;

const SOURCES = ["contracts", "edge", "hub", "wrangler.toml", "vite.config.ts", "package-lock.json"];
const NOT_BUILT = /(?:\.test|\.bench)\.tsx?$|\.md$|\.tsbuildinfo$|\.py$/;

export type Tell = (line: string) => void;
/** What is built: the pages, or the bundle of a Worker. */
export type Target = "web" | Layout;

/** Builds what `targets` lack. Returns the ones that were built; rejects with the tool's own words when a build fails. */
export async function build(targets: readonly Target[], tell: Tell): Promise<readonly Target[]> {
  mkdirSync(PAGES, { recursive: true });
  return await alone(async () => {
    const built: Target[] = [];
    for (const target of targets) {
      const digest = digestOf(target);
      if (readStamp(target) === digest && isThere(target)) continue;
      tell(`building ${target === "web" ? "the pages" : `the ${target} Worker`} …`);
      if (target === "web") await run("vite", ["build", "--logLevel", "warn"]);
      else await bundle(target);
      writeFileSync(stampOf(target), digest);
      built.push(target);
    }
    return built;
  });
}

/** Wrangler bundles beside the old output; the swap is one rename, so that nobody reads half a bundle. */
async function bundle(layout: Layout): Promise<void> {
  const fresh = `${bundleOf(layout)}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  await run("wrangler", ["deploy", "--dry-run", "--outdir", relative(ROOT, fresh), "--env", layout === "embedded" ? "" : layout]);
  rmSync(bundleOf(layout), { recursive: true, force: true });
  renameSync(fresh, bundleOf(layout));
}

/** Runs a tool from node_modules under this very Node, which the tools need to be new enough. */
export async function run(tool: "vite" | "wrangler", argv: readonly string[], cwd = ROOT): Promise<string> {
  const at = join(ROOT, "node_modules", tool, "bin", tool === "vite" ? "vite.js" : "wrangler.js");
  const env = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_LOG_PATH: join(DIST, ".logs"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    CI: "1",
  };
  const child = spawn(process.execPath, [at, ...argv], { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: BUILD_MS });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${tool} ${argv[0] ?? ""} failed:\n${complaint(output)}`);
  return output;
}

/** From the first error on: warnings stand before it. */
function complaint(output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  const error = lines.findIndex((line) => /error/i.test(line));
  return lines
    .slice(Math.max(0, error), Math.max(0, error) + OUTPUT_LINES)
    .filter((line) => line.trim() !== "" && !/^\s+at |Logs were written|errors: \[Getter/.test(line))
    .join("\n");
}

function isThere(target: Target): boolean {
  return target === "web" ? readdirSync(PAGES).some((file) => file.endsWith(".html")) : existsSync(bundleOf(target));
}

function stampOf(target: Target): string {
  return join(DIST, `.built-${target}`);
}

function readStamp(target: Target): string | null {
  return existsSync(stampOf(target)) ? readFileSync(stampOf(target), "utf8") : null;
}

/** Content, not times: a fresh clone or a branch switch gives new times to the same content. */
export function digestOf(target: Target): string {
  const hash = createHash("sha256").update(target);
  for (const source of SOURCES) {
    for (const file of filesBelow(join(ROOT, source))) {
      const path = relative(ROOT, file);
      if (NOT_BUILT.test(path) || (target !== "web" && path.includes("/web/"))) continue;
      hash.update(path).update("\0").update(readFileSync(file)).update("\0");
    }
  }
  return hash.digest("hex");
}

function filesBelow(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  if (basename(path).includes(".")) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** One build at a time on this checkout. A lock whose holder is gone is taken over. */
async function alone<T>(body: () => Promise<T>): Promise<T> {
  const lock = join(DIST, ".building");
  for (;;) {
    try {
      const file = openSync(lock, "wx");
      writeFileSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const holder = Number(readIfThere(lock));
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      else await wait(100);
    }
  }
  try {
    return await body();
  } finally {
    rmSync(lock, { force: true });
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
