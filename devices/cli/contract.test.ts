/** A batch in memory: what comes in a line, what goes out. */
import { expect, test } from "vitest";
import { checkChange } from "../../hub/registry/change.ts";
import { documentOf } from "../../hub/registry/fixture/document.ts";
import { versionOf } from "../../hub/registry/fixture/version.ts";
import { isAdmissible, judgeProposal } from "../../hub/registry/publish.ts";
import { answers } from "./contract.ts";

async function* linesOf(...lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
async function gathered<T>(all: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}
const pair = (id: string, old: unknown, next: unknown, mode?: string) => JSON.stringify({ id, old, new: next, ...(mode === undefined ? {} : { mode }) });
const [text, any] = [{ type: "string" }, {}];

test("J9 each line is answered in its place, by its own mode or the one given", async () => {
  const all = await gathered(
    answers(
      linesOf(pair("a", text, any), pair("b", text, any, "FORWARD"), pair("c", text, any, "FULL"), "", pair("d", any, text), pair("e", any, text, "NONE")),
      "BACKWARD",
    ),
  );
  expect(all.map(({ id, compatible }) => [id, compatible])).toEqual([
    ["a", true],
    ["b", false],
    ["c", false],
    ["d", false],
    ["e", true],
  ]);
  expect(all[3]?.changes).toContainEqual(expect.objectContaining({ code: "type-narrowed", path: "/type", breaking: true }));
});

test("J9 several old versions are a list, oldest first; only the transitive modes ask the earlier ones", async () => {
  const versions = [{ type: "number" }, { type: "integer" }];
  const all = await gathered(
    answers(linesOf(pair("last", versions, { type: "integer" }), pair("all", versions, { type: "integer" }, "BACKWARD_TRANSITIVE")), "BACKWARD"),
  );
  expect(all.map(({ compatible }) => compatible)).toEqual([true, false]);
});

test("J9 a line nested a hundred thousand deep is an answer too", async () => {
  const deep = `{"id":"deep","old":${'{"not":'.repeat(100_000)}{}${"}".repeat(100_000)},"new":{}}`;
  const [one, two] = await gathered(answers(linesOf(deep, pair("fine", any, any)), "BACKWARD"));
  expect(one).toMatchObject({ compatible: false, changes: [{ breaking: true }] });
  expect(two).toMatchObject({ id: "fine", compatible: true });
});

test("J9 a line that is no pair is answered with its number and stops nothing", async () => {
  const bad = [
    "{",
    "7",
    '{"id":"x","old":{}}',
    '{"id":"y","old":{},"new":{},"mode":"SIDEWAYS"}',
    '{"id":"z","old":{"type":"strin"},"new":{}}',
    pair("fine", any, any),
  ];
  const all = await gathered(answers(linesOf(...bad), "BACKWARD"));
  expect(all.map(({ id, compatible }) => [id, compatible])).toEqual([
    [null, false],
    [null, false],
    ["x", false],
    ["y", false],
    ["z", false],
    ["fine", true],
  ]);
  for (const [at, answer] of all.slice(0, 5).entries()) {
    expect(answer.changes[0]).toMatchObject({ code: "malformed", breaking: true });
    if (at < 4) expect(answer.changes[0]?.message).toContain(`Line ${at + 1} `);
  }
  expect(all[4]?.changes[0]).toMatchObject({ path: "/type", message: expect.stringContaining("The old schema is refused") });
});

test("J9 a mistake in the checker costs one answer, which is undecidable, and no other", async () => {
  const mistaken: typeof checkChange = (mode, old, next) => {
    if (next === "mistake") throw new Error("no number");
    return checkChange(mode, old, next);
  };
  const all = await gathered(answers(linesOf(pair("a", text, any), pair("b", text, "mistake"), pair("c", text, any)), "BACKWARD", mistaken));
  expect(all.map(({ id, compatible }) => [id, compatible])).toEqual([
    ["a", true],
    ["b", false],
    ["c", true],
  ]);
  expect(all[1]?.changes).toEqual([{ code: "undecidable", path: "", message: expect.stringContaining("no number"), breaking: true }]);
});

test("J9 contracts are answered as the registry would publish them; schemas that are none, as their readers read them", async () => {
  const note = { note: { type: "string" } };
  const pairs = [
    [documentOf(), documentOf(note)],
    [documentOf(note), documentOf()],
    [documentOf(), documentOf({ temperature: { type: "number", "x-uom": "K" } })],
    [documentOf(), documentOf({ name: { type: "string" } })],
  ] as const;
  const all = await gathered(answers(linesOf(...pairs.map(([old, next], at) => pair(String(at), old, next))), "FULL"));
  const published = pairs.map(([old, next]) => isAdmissible(judgeProposal({ subject: "store", schema: next }, "FULL", [versionOf(old)])));
  expect(all.map(({ compatible }) => compatible)).toEqual(published);
  expect(published).toEqual([true, true, false, false]);
  const { "x-key": _, ...keyless } = documentOf();
  const { "x-key": _k, ...noted } = documentOf(note);
  expect(await gathered(answers(linesOf(pair("schemas", keyless, noted)), "FULL"))).toMatchObject([{ compatible: false }]);
});
