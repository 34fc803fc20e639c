import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { bytesOfLogged, LOGGED_GOLDEN, loggedPlan, loggedRows, replayAlone } from "../../edge/verdict/fixtures/logged.ts";
import { pumpSequence } from "../../hub/catalogue/pump-sequence.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "./onnx-node.ts";
import { listRecordings, parseRecording, type Recording, readRecording } from "./recording.ts";
import { replay, replayRecording, replayTogether } from "./replay.ts";

const SKAB = fileURLToPath(new URL("../../../shared/data/skab", import.meta.url));
const constant = fileURLToPath(new URL("../../edge/verdict/fixtures/constant.onnx", import.meta.url));

/** A machine that goes bad at `faultAt`: channel 0 doubles, within the fixed limits of a pump. Deterministic, without a clock or a die. */
function made(rows: number, faultAt: number): Recording {
  const wave = (i: number, c: number): number => Math.sin(i * (0.7 + 0.31 * c)) + 0.5 * Math.sin(i * 1.93 + c);
  const values = (i: number): number[] => Array.from({ length: 8 }, (_, c) => 1.5 + wave(i, c) / 10 + (c === 0 && i >= faultAt ? 1.5 : 0));
  return { series: "made.csv", rows: Array.from({ length: rows }, (_, i) => ({ at: 1_700_000_000_000 + i * 1_000, values: values(i) })) };
}

async function scorerOf(path: string) {
  const scorer = await openModelFile(path);
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  return scorer;
}

for (const scenario of [pumpVibration, pumpSequence]) {
  describe(scenario.template, async () => {
    const scorer = await scorerOf(modelPath(scenario.profiles[0]?.model ?? ""));
    test("R1 a machine that goes bad is anomalous within seconds, and not before", async () => {
      const rows = await replayRecording(made(700, 600), scenario, scorer);
      expect(rows.length).toBe(700);
      expect(rows.slice(0, 400).every((row) => row.score === null && !row.alarm)).toBe(true);
      expect(rows.slice(400).every((row) => row.score !== null)).toBe(true);
      expect(rows.slice(400, 600).some((row) => row.alarm)).toBe(false);
      expect(rows.findIndex((row) => row.alarm)).toBeLessThan(620);
    });
    test("R2 a row's score and alarm depend on nothing after it", async () => {
      const whole = made(700, 500);
      const cut = await replayRecording({ ...whole, rows: whole.rows.slice(0, 560) }, scenario, scorer);
      expect(cut).toEqual((await replayRecording(whole, scenario, scorer)).slice(0, 560));
    });
    test("R3 a constant model makes no alarm: the scores come from the graph", async () => {
      const rows = await replayRecording(made(700, 500), scenario, await scorerOf(constant));
      expect(rows.some((row) => row.alarm)).toBe(false);
      expect(rows.slice(400).every((row) => row.score === 0)).toBe(true);
    });
  });
}

test("R11 recordings that are replayed together give what each gives alone, to the bit", async () => {
  const scorer = await scorerOf(modelPath("shift"));
  const some = [made(520, 450), { series: "short.csv", rows: made(700, 0).rows.slice(0, 40) }, made(560, 500)];
  const alone = [];
  for (const one of some) alone.push(await replayRecording(one, pumpVibration, scorer));
  expect(alone.map((rows) => rows.filter(({ alarm }) => alarm).length > 0)).toEqual([true, false, true]);
  expect(await replayTogether(some, pumpVibration, scorer)).toEqual(alone);
});

test("R12 what a unit in workerd scored is scored again in Node from its log, bit for bit", async () => {
  const plan = loggedPlan(pumpVibration);
  const replayed = await replayAlone(plan, loggedRows(plan), await scorerOf(modelPath(pumpVibration.profiles[0]?.model ?? "")));
  expect(replayed.scores.length).toBeGreaterThan(1_000);
  expect(replayed.told.length).toBeGreaterThanOrEqual(3);
  expect(createHash("sha256").update(bytesOfLogged(replayed)).digest("hex")).toBe(LOGGED_GOLDEN);
});

test("R4 labels are never read, wherever they stand", () => {
  const plain = parseRecording("a.csv", "time;a;b\n2020-03-09 10:14:33;1;2\n", 2);
  const labelled = parseRecording("a.csv", "time;anomaly;a;b;changepoint\n2020-03-09 10:14:33;1;1;2;0\n", 2);
  expect(plain).toEqual(labelled);
  expect(plain).toEqual({ series: "a.csv", rows: [{ at: Date.UTC(2020, 2, 9, 10, 14, 33), values: [1, 2] }] });
});

test("R5 a recording that can't be read names its line", () => {
  expect(parseRecording("a.csv", "time,a\nyesterday,1\n", 1)).toMatchObject({ refused: "malformed", mend: "line 2 says yesterday" });
  expect(parseRecording("a.csv", "time,a\n", 2)).toMatchObject({ refused: "malformed" });
  expect(parseRecording("a.csv", "", 2)).toMatchObject({ refused: "malformed" });
});

test("R7 quoted fields, either delimiter, a byte-order mark and every line end are read", () => {
  const plain = parseRecording("a.csv", "time;a;b\n1700000000;1;2\n1700000001;;-3.5e1\n", 2);
  expect(plain).toEqual({
    series: "a.csv",
    rows: [
      { at: 1_700_000_000_000, values: [1, 2] },
      { at: 1_700_000_001_000, values: [null, -35] },
    ],
  });
  for (const text of [
    "\uFEFFtime,a,b\r\n1700000000,1,2\r\n\r\n1700000001,NaN,-3.5e1",
    '"time","a; in mm/s","b"\n"1700000000","1","2"\n"1700000001","null","-35"\n',
    'time;"a, the ""first""";b\n1700000000; 1 ;2\n1700000001;"";-35.0\n',
    'time,a,b,anomaly\n1700000000,1,2,whatever\n1700000001,n/a,-35,"two\nlines"\n',
  ])
    expect(parseRecording("a.csv", text, 2)).toEqual(plain);
});

test.each([
  ["a row that is cut", "time,a,b\n1,2,3\n2,3\n", "line 3: complete the row or take it out"],
  ["a row that is too wide", "time,a,b\n1,2,3,4\n", "line 2: complete the row or take it out"],
  ["a quote that never ends", 'time,a,b\n1,"2,3\n2,3,4\n', "line 3: close the quote that was opened before the end of the file"],
  ["a quote inside a field", 'time,a,b\n1,2"2,3\n', "line 2: quote the whole field"],
  ["text after a quote", 'time,a,b\n1,"2"2,3\n', "line 2: double the quotes inside a quoted field"],
  ["a decimal comma", "time;a;b\n1;2;3\n2;2,5;3\n", "line 3, a: 2,5"],
  ["text for a value", "time,a,b\n1,2,open\n", "line 2, b: open"],
  ["a time that is none, after a field of two lines", 'time,a,note\n1,2,"two\nlines"\nnoon,2,3\n', "line 4 says noon"],
])("R5 %s is refused with its line", (_, text, mend) => {
  const channels = text.startsWith("time,a,note") ? 1 : 2;
  expect(parseRecording("a.csv", text, channels)).toMatchObject({ refused: "malformed", mend, field: "a.csv" });
});

test("R5 any text is read or refused, never thrown", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("time", ",", ";", '"', "\n", "\r\n", "1", " ", "2.5", "x", "\uFEFF", "\\"), { maxLength: 60 }), (parts) => {
      const read = parseRecording("a.csv", parts.join(""), 1);
      expect(isRefusal(read) ? read.refused : "rows" in read).toSatisfy((said) => said === true || said === "malformed");
    }),
  );
});

describe.skipIf(!existsSync(SKAB))("recordings of a pump (skipped where they are not at hand)", () => {
  test("R6 every row of all 19 series and of the one without anomalies is answered", async () => {
    let text = "";
    const out = new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk);
        done();
      },
    });
    const summary = await replay({ data: SKAB, scenario: pumpVibration, out });
    if (isRefusal(summary)) throw new Error(summary.rule);
    expect(summary.series).toBe(20);
    const lines = text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    for (const path of await listRecordings(SKAB)) {
      const series = path.slice(SKAB.length + 1);
      const rows = (await readFile(path, "utf8")).trim().split("\n").length - 1;
      const mine = lines.filter((cells) => cells[0] === series);
      expect([series, mine.length]).toEqual([series, rows]);
      expect(mine.slice(400).every((cells) => cells[2] !== "" && (cells[3] === "0" || cells[3] === "1"))).toBe(true);
    }
  }, 180_000);
  test("R2 a real series cut short says the same about what came before", async () => {
    const scorer = await scorerOf(modelPath("baseline"));
    const recording = await readRecording(SKAB, `${SKAB}/valve1/3.csv`, 8);
    if (isRefusal(recording)) throw new Error(recording.rule);
    const whole = await replayRecording(recording, pumpVibration, scorer);
    for (const at of [401, 620, 1_000])
      expect(await replayRecording({ ...recording, rows: recording.rows.slice(0, at) }, pumpVibration, scorer)).toEqual(whole.slice(0, at));
  });
});
