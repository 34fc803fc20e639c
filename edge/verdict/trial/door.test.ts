import { readFileSync } from "node:fs";
import { PbfWriter } from "pbf";
import { expect, test } from "vitest";
import { ModelHash } from "../../../contracts/ids.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { modelPath, openModelBytes } from "../../../devices/replay/onnx-node.ts";
import { widthOf } from "../fixtures/ask.ts";
import { STATE_WIDTH_MAX } from "../model.ts";
import { type ScoreAsk, SCORE_BATCH_MAX, type Scorer } from "../scorer.ts";
import { DOOR_MS_MAX, tryAtDoor, tryBytes } from "./door.ts";

const hash = ModelHash.parse("a".repeat(64));
const still = async (): Promise<number> => 0;

/** Scores what `of` makes of a row; keeps `width` numbers of each device. */
function scorer(of: (ask: ScoreAsk, r: number) => number, width = 1): Scorer {
  const run: Scorer["run"] = async (ask) => {
    const rows = ask.devices.length;
    const score = Float32Array.from(ask.devices, (_, r) => of(ask, r));
    const each = new Float32Array(rows * ask.channels).fill(0.5);
    return { score, share: each, level: each, states: new Float32Array(rows * width), stateWidth: width };
  };
  return { hash, run };
}
const first = (ask: ScoreAsk, r: number): number => 1 / (1 + Math.abs(ask.x[r * ask.channels] ?? 0));

test("VE2 every model that ships passes the door", async () => {
  for (const name of ["autoencoder", "baseline", "ensemble", "gru", "shift", "trees", "wear"]) {
    const bytes = new Uint8Array(readFileSync(modelPath(name)));
    const opened = await openModelBytes(bytes);
    if (isRefusal(opened)) throw new Error(`${name}: ${opened.rule}`);
    expect([name, tryBytes(bytes), await tryAtDoor(opened, widthOf(name), still)]).toEqual([name, null, null]);
  }
});

test("VE2 a row's answer is its own: none that hangs on the rows beside it, on chance, or on how many they are", async () => {
  let asked = 0;
  const bad: readonly Scorer[] = [scorer((ask, r) => Math.max(...ask.x) + first(ask, r)), scorer(() => ++asked / 1e6)];
  expect(await tryAtDoor(scorer(first), 8, still)).toBe(null);
  for (const one of bad)
    expect(await tryAtDoor(one, 8, still)).toMatchObject({ refused: "bad-model", rule: expect.stringContaining("the same row") as string });
  const three = scorer((ask, r) => {
    if (ask.devices.length !== 3) throw new Error("reshape to 3");
    return first(ask, r);
  });
  expect(await tryAtDoor(three, 8, still)).toMatchObject({
    refused: "bad-model",
    rule: `it runs with one device and with ${SCORE_BATCH_MAX}`,
    mend: "Error: reshape to 3",
  });
});

test("VE2 all that it keeps of a device is bounded together, and so is the time that it takes", async () => {
  expect(await tryAtDoor(scorer(first, STATE_WIDTH_MAX), 8, still)).toBe(null);
  expect(await tryAtDoor(scorer(first, STATE_WIDTH_MAX + 1), 8, still)).toMatchObject({ refused: "bad-model" });
  let now = 0;
  expect(await tryAtDoor(scorer(first), 8, async () => (now += DOOR_MS_MAX))).toBe(null);
  expect(await tryAtDoor(scorer(first), 8, async () => (now += DOOR_MS_MAX + 1))).toMatchObject({
    refused: "bad-model",
    mend: expect.stringContaining("3001 ms") as string,
  });
});

test("VE2 a graph that may run without end is refused before it is opened, also where a branch hides it", () => {
  const node = (operator: string, branch?: (pbf: PbfWriter) => void) => (_: unknown, pbf: PbfWriter) => {
    pbf.writeStringField(4, operator);
    if (branch !== undefined) pbf.writeMessage(5, (__, attribute) => attribute.writeMessage(6, (___, graph) => branch(graph), null), null);
  };
  const file = (write: (graph: PbfWriter) => void): Uint8Array => {
    const pbf = new PbfWriter();
    pbf.writeVarintField(1, 8);
    pbf.writeMessage(7, (_, graph) => write(graph), null);
    return pbf.finish();
  };
  expect(tryBytes(file((graph) => graph.writeMessage(1, node("Add"), null)))).toBe(null);
  expect(tryBytes(file((graph) => graph.writeMessage(1, node("Loop"), null)))).toMatchObject({ refused: "bad-model" });
  expect(
    tryBytes(
      file((graph) =>
        graph.writeMessage(
          1,
          node("If", (inner) => inner.writeMessage(1, node("Scan"), null)),
          null,
        ),
      ),
    ),
  ).toMatchObject({ refused: "bad-model" });
  expect(tryBytes(new Uint8Array([255, 255, 255]))).toBe(null);
});
