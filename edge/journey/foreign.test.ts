import { encode } from "cborg";
import { beforeAll, expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { readyMapping } from "../../hub/catalogue/mappings.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { type Entry, loggedOf } from "../ingest/entry.ts";
import { decodeEntries, encodeEntries } from "../ingest/entry-row.ts";
import { mappedBy, topicMapOf } from "../ingest/mapping/topic-map.ts";
import { metricsOf } from "../ingest/mapping/fixture/sparkplug.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { numbersOf } from "../verdict/fixtures/ask.ts";
import type { Scorer } from "../verdict/scorer.ts";
import { refuseMessage } from "./sampling.ts";
import { saveTracks } from "./saved.ts";
import { startTracks } from "./start.ts";
import type { Logged, Tracks } from "./track.ts";
import { metersOf, quarantineOf, tailOf } from "./view.ts";

const START = 1_763_750_000_000;
const NAMES = pumpVibration.profiles.flatMap(({ channels }) => channels.map(({ id }) => id as string));
let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("baseline"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

/** Pumps that say the same, each in words of its own. */
const keys = Object.fromEntries(NAMES.map((name) => [name, name.replaceAll(".", "_")]));
const ways = {
  ours: undefined,
  board: readyMapping("thingsboard", keys),
  own: {
    routes: [
      {
        topics: ["sensors/{device}/raw"],
        ts: { at: "$.t", form: "s" },
        seq: "$.no",
        values: NAMES.map((name) => ({ channel: name, at: `$.m[?@.n=='${name}'].v` })),
      },
    ],
  },
  spark: readyMapping("sparkplug", keys, { via: ["ours"] }),
};
const scenario = Scenario.parse({
  ...pumpVibration,
  commissioningRows: 50,
  profiles: Object.entries(ways).map(([id, mapping]) => ({ ...pumpVibration.profiles[0], id, ...(mapping === undefined ? {} : { mapping }) })),
});
const plan: IntakePlan = {
  unit: "plant",
  version: 1,
  scenario,
  devices: Object.keys(ways).map((id) => Device.parse({ id, asset: `A-${id}`, profile: id, name: id, addedAt: START })),
  openAccess: false,
};
const begin = (saved: ReturnType<typeof saveTracks> = []): Tracks => startTracks(plan, () => scorer.hash, saved);

/** One second of them: what each device publishes where. */
function published(s: number, values: Readonly<Record<string, number>>): readonly (readonly [device: string, topic: string, payload: Uint8Array])[] {
  const ts = START + s * 1_000;
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const renamed = Object.fromEntries(NAMES.map((name) => [keys[name] ?? "", values[name] ?? 0]));
  const metrics = NAMES.map((name, alias) => ({ ...(s === 0 ? { name: keys[name] ?? "" } : {}), alias, double: values[name] ?? 0 }));
  return [
    ["ours", "u/plant/d/ours/telemetry", encode({ ts, channels: values, seq: s })],
    ["board", "v1/devices/me/telemetry", json({ ts, values: renamed })],
    ["own", "sensors/own/raw", json({ t: ts / 1_000, no: s, m: NAMES.map((n) => ({ n, v: values[n] })) })],
    ["ours", `spBv1.0/plant/${s === 0 ? "DBIRTH" : "DDATA"}/edge/spark`, metricsOf(metrics, ts, s % 256)],
  ];
}

/** As the log gives it back. */
function secondOf(s: number, next: () => number): readonly Logged[] {
  const isBad = s >= 200 && s < 300;
  const values = Object.fromEntries(NAMES.map((name, c) => [name, 20 + Math.sin(s * (0.7 + 0.31 * c)) + next() + (isBad && c === 0 ? 12 : 0)]));
  const map = topicMapOf(plan);
  const entries = published(s, values).map(([speaker, topic, payload]): Entry => {
    const mapped = mappedBy(topic, map, { device: speaker });
    if (mapped === null || isRefusal(mapped)) throw new Error(`${topic} is nobody's`);
    return { ...mapped, topic: mapped.kind === "foreign" ? topic : null, payload, arrivedAt: START + s * 1_000 + 20, delivery: null };
  });
  return decodeEntries(encodeEntries(entries).buffer).flatMap((entry) => loggedOf(entry) ?? []);
}

async function drain(tracks: Tracks): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) verdicts.push(...onScores(tracks, ask, await scorer.run(ask)).verdicts);
  return verdicts;
}

test("MF15 ThingsBoard, JSON of its own and Sparkplug B come to the same verdicts as telemetry as it is; a checkpoint on the way changes nothing", async () => {
  const next = numbersOf(1);
  let tracks = begin();
  const verdicts: Verdict[] = [];
  for (let s = 0; s < 350; s++) {
    onTelemetry(tracks, secondOf(s, next));
    verdicts.push(...(await drain(tracks)));
    if (s === 210) tracks = begin(saveTracks(tracks));
  }
  const seen = (device: string) => verdicts.filter((one) => one.device === device).map(({ state, at, evidence }) => [state, at, evidence[0]?.channel]);
  expect(seen("ours").map(([state]) => state)).toEqual(["anomalous", "normal"]);
  for (const device of ["board", "own", "spark"]) expect([device, seen(device)]).toEqual([device, seen("ours")]);
  expect(quarantineOf(tracks)).toEqual([]);
  const tail = tailOf(tracks, 0).slice(-4);
  expect(tail.map(({ device, fields, refused }) => [device, refused, fields.filter(({ verdict }) => verdict === "ok").length > 7])).toEqual(
    ["ours", "board", "own", "spark"].map((device) => [device, undefined, true]),
  );
  expect(metersOf(tracks)).toMatchObject([
    { device: "ours", received: 350, samples: 350, duplicates: 0, late: 0, refused: 0, gaps: { missing: 0, restarts: 0 } },
    { device: "board", received: 350, refused: 0 },
    { device: "own", received: 350, gaps: { missing: 0 } },
    { device: "spark", received: 350, refused: 0 },
  ]);
  expect(metersOf(tracks)[1]).not.toHaveProperty("gaps");
});

test("MF16 what no mapping reads is in quarantine with a proposal; what was lost, came twice, late or was refused is on the device's meter with the reason", () => {
  const tracks = begin();
  const say = (device: string, value: unknown, s: number, topic?: string, arrivedAt = START + s * 1_000): void => {
    const logged = { device, payload: new TextEncoder().encode(JSON.stringify(value)), arrivedAt };
    onTelemetry(tracks, [topic === undefined ? logged : { ...logged, topic }]);
  };
  const own = (s: number, extra: object = {}) => ({ ts: START + s * 1_000, channels: { flow: s }, seq: s, ...extra });
  for (const s of [0, 1, 5, 3, 3]) say("ours", own(s), s);
  say("ours", own(6), 6, undefined, START + 6_000 + scenario.judge.latenessMs + 1);
  say("ours", own(7, { channels: { flow: "warm" } }), 7);
  say("board", { motor_temp: 60, note: "ok" }, 1, "sensors/board/raw");
  refuseMessage(
    tracks,
    { device: "spark", payload: new Uint8Array(0), arrivedAt: START },
    refuse("not-yours", "a device speaks for itself", "sign in", "topic"),
  );
  const meters = new Map(metersOf(tracks).map((meter) => [meter.device as string, meter]));
  expect(meters.get("ours")).toMatchObject({
    received: 7,
    samples: 7,
    duplicates: 1,
    reordered: 1,
    late: 1,
    refused: 1,
    gaps: {
      missing: 2,
      restarts: 0,
      holes: [
        [2, 2],
        [4, 4],
      ],
    },
    reasons: [{ rule: "a value is a number", field: "channels.flow", count: 1 }],
  });
  expect(meters.get("board")).toMatchObject({ received: 1, samples: 0, refused: 1, reasons: [{ field: "sensors/board/raw" }] });
  expect(meters.get("spark")).toMatchObject({ received: 0, refused: 1, reasons: [{ rule: "a device speaks for itself", count: 1 }] });
  expect(meters.has("own")).toBe(false);
  expect(quarantineOf(tracks).filter(({ device }) => device === "board")).toMatchObject([
    {
      field: "sensors/board/raw",
      count: 1,
      sample: '{"motor_temp":60,"note":"ok"}',
      proposal: {
        route: { topics: ["sensors/{device}/raw"], values: [{ channel: "temperature.motor", at: "$.motor_temp" }] },
        fields: [{ channel: "temperature.motor", by: "name" }],
      },
    },
  ]);
});

test("MF16 messages without an instant in one millisecond are of instants of their own", () => {
  const tracks = begin();
  for (const value of [1, 2, 3])
    onTelemetry(tracks, [
      { device: "board", payload: new TextEncoder().encode(JSON.stringify({ flow: value })), arrivedAt: START, topic: "v1/devices/me/telemetry" },
    ]);
  expect(quarantineOf(tracks)).toEqual([]);
  expect(metersOf(tracks)).toMatchObject([{ received: 3, samples: 3, duplicates: 0, refused: 0 }]);
});
