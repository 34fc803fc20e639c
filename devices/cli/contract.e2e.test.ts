/** `contract check` as people and scripts call it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-contract-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const [narrow, wide] = [file("narrow.json", { type: "integer" }), file("wide.json", { subject: "weight", version: 1, schema: { type: "number" } })];

test("J9 two files: the verdict on standard output, exit 1 when they don't fit", async () => {
  const fits = await runCli(["contract", "check", narrow, wide]);
  expect([fits.code, JSON.parse(fits.out)]).toMatchObject([
    0,
    { id: wide, compatible: true, changes: [{ code: "type-widened", path: "/type", breaking: false }] },
  ]);
  const breaks = await runCli(["contract", "check", wide, narrow]);
  expect([breaks.code, JSON.parse(breaks.out)]).toMatchObject([1, { compatible: false, changes: [{ code: "type-narrowed", path: "/type" }] }]);
  expect((await runCli(["contract", "check", "--mode", "FORWARD", wide, narrow])).code).toBe(0);
});

test("J9 what can't be read, and a mode that is none, end with one line and exit 2", async () => {
  const wrong = [
    ["contract", "check", narrow, join(folder, "absent.json")],
    ["contract", "check", narrow, file("torn.json", "{")],
    ["contract", "check", "--mode", "SIDEWAYS", narrow, wide],
    ["contract", "check", narrow],
    ["contract", "check", "--batch", join(folder, "absent.jsonl")],
    ["contract", "check", "--batch", "-", narrow, wide],
  ];
  for (const argv of wrong) {
    const { code, out, err } = await runCli(argv);
    expect([code, out, err.trim().split("\n").length], argv.join(" ")).toEqual([2, "", 1]);
  }
});

test("J9 a batch of 10,000 lines is answered in order, and a bad one is no failure", async () => {
  const lines = Array.from({ length: 10_000 }, (_, id) =>
    JSON.stringify({ id, old: { type: "object", properties: { a: { maximum: id % 7 } } }, new: { properties: { a: { maximum: 3 } } } }),
  );
  lines[4_000] = "not json";
  const { code, out } = await runCli(["contract", "check", "--batch", file("many.jsonl", lines.join("\n"))]);
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: number | null; compatible: boolean });
  expect(code).toBe(0);
  expect(answers.map(({ id }) => id)).toEqual(lines.map((_, id) => (id === 4_000 ? null : id)));
  expect(answers.filter(({ compatible }) => compatible).length).toBe(lines.filter((_, id) => id % 7 <= 3 && id !== 4_000).length);
});
