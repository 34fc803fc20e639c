import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const edge = join(import.meta.dirname, "..", "edge");

test("U19 the hub's binding is touched in one place only, where every call is counted", async () => {
  const files = (await readdir(edge, { recursive: true })).filter((file) => /\.tsx?$/.test(file) && !/\.(test|bench)\.|\.d\.ts$/.test(file));
  const touching = await Promise.all(
    files.map(async (file) => (/\.HUB\b|\[["'`]HUB["'`]\]|\bHUB\s*[,}]/.test(await readFile(join(edge, file), "utf8")) ? [file] : [])),
  );
  expect(touching.flat()).toEqual(["shell/hub-port.ts"]);
});
