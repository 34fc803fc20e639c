/** The repository tests its own tidiness: each rule that lint holds has a fixture that must fail, since a pattern that matches nothing passes silently. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "tidy-"));
  await copyFile(join(root, ".oxlintrc.json"), join(place, ".oxlintrc.json"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

/** What lint says of `source` at `path`. */
async function lint(path: string, source: string): Promise<string> {
  const file = join(place, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
  const answer = await run(join(root, "node_modules/.bin/oxlint"), [file], { cwd: place }).catch((error: { stdout?: string; stderr?: string }) => error);
  await rm(file);
  return `${answer.stdout ?? ""}${answer.stderr ?? ""}`;
}

const pure = [
  "contracts/x.ts",
  "contracts/delta/x.ts",
  "edge/knowledge/x.ts",
  "edge/ticket/x.ts",
  "edge/kit/x.ts",
  "edge/verdict/deep/x.ts",
  "edge/journey.ts",
  "hub/merge/x.ts",
];

test.each(pure)("Y1 %s may not read the clock, throw dice, wait or reach out", async (path) => {
  expect(await lint(path, "export const now = () => Date.now();")).toContain("Time is an argument");
  expect(await lint(path, "export const chance = () => Math.random();")).toContain("Chance is an argument");
  expect(await lint(path, "export const ask = () => fetch('http://x');")).toContain("Awaited things are asks");
  expect(await lint(path, "export const wait = () => setTimeout(() => 1, 1);")).toContain("Timers are rows");
  expect(await lint(path, "import { DurableObject } from 'cloudflare:workers'; export const x = DurableObject;")).toContain(
    "Only the shell names the platform",
  );
  expect(await lint(path, "import { readFile } from 'node:fs'; export const x = readFile;")).toContain("Only the shell names the platform");
});

test("Y2 a stage imports its own folder and contracts/, not another stage and not the shell", async () => {
  expect(await lint("edge/ticket/x.ts", "import { a } from '../dispatch/rank.ts'; export const x = a;")).toContain("journey.ts knows the order");
  expect(await lint("edge/dispatch/x.ts", "import { a } from '../shell/store.ts'; export const x = a;")).toContain("journey.ts knows the order");
  expect(await lint("edge/verdict/x.ts", "import { a } from '../shell/onnx.ts'; export const x = a;")).toContain("Layers point inwards");
  expect(await lint("edge/ticket/x.ts", "import { a } from '../../contracts/ids.ts'; import { b } from './y.ts'; export const x = [a, b];")).not.toContain(
    "no-restricted",
  );
});

test("Y3 the shell may: the same lines pass where the platform is named", async () => {
  expect(
    await lint("edge/shell/x.ts", "import { DurableObject } from 'cloudflare:workers'; export const x = [DurableObject, Date.now(), Math.random()];"),
  ).not.toContain("no-restricted");
});
