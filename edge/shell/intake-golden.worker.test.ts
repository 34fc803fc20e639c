import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { BrokerRules, Retained } from "../ingest/broker/order.ts";
import { connectPacket } from "./intake-client.ts";
import { intakeModels } from "./intake-models.ts";
import { openMqtt } from "./intake-mqtt.ts";
import { openPipeline } from "./intake-pipeline.ts";
import { entryOf, type IntakeStore, intakeStore, migrateIntake } from "./intake-store.ts";
import v0 from "./migrations/intake/golden/0000.sql";
import v1 from "./migrations/intake/golden/0001.sql";
import v2 from "./migrations/intake/golden/0002.sql";

const T0 = 1_763_750_000_000;
const flat = (value: number): number[] => Array.from({ length: 8 }, () => value);
const baseline = { mean: flat(0.1), scale: flat(0.1), floor: flat(1), rows: 400, learntAt: 1 };
// Kept for a century: a database of old is not to be pruned by the clock of today.
const scenario = {
  ...pumpVibration,
  // As the golden ones were made: a model that scores its second row, and a judge that waits.
  profiles: pumpVibration.profiles.map((profile) => ({ ...profile, model: "baseline" })),
  judge: { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 },
  retention: { ...pumpVibration.retention, traceMs: 3_153_600_000_000, logMs: 3_153_600_000_000 },
};
const plan: IntakePlan = {
  unit: "golden-intake",
  version: 1,
  scenario,
  openAccess: false,
  devices: [Device.parse({ id: "pump-1", asset: "pump-1", profile: "pump", name: "Pump 1", baseline, addedAt: 1 })],
};

const kept: Retained = { topic: "lines/1", qos: 1, device: "", payload: new TextEncoder().encode("kept"), properties: new Uint8Array(0), expiresAt: null };

const rules: BrokerRules = {
  unit: "golden-intake",
  knows: () => true,
  open: true,
  newId: () => "made",
  carriedBy: () => null,
  quota: () => true,
  keepAliveMsMax: 60_000,
  receiveMax: 100,
};

/** A client that speaks to these tables: what it says, and the messages that it hears. */
async function speakTo(store: IntakeStore, client: string, said: readonly Packet[]): Promise<readonly string[]> {
  const heard: string[] = [];
  const read = parser({ protocolVersion: 4 });
  read.on("packet", (packet) => {
    if (packet.cmd === "publish") heard.push(String(packet.payload));
  });
  const deps = { store, rules, clock: { now: () => T0 + 120_000, wakeBy: () => {} }, head: store.readMarks().head, ackWithinMs: () => 0, hasRoom: () => true };
  const noted = { appended: () => {}, committed: () => {}, refused: () => {}, failed: () => {}, admit: async () => "anybody" as const };
  const mqtt = openMqtt({ ...deps, ...noted }, []);
  const port = { send: (bytes: Uint8Array) => read.parse(Buffer.from(bytes)) >= 0, close: () => {}, keep: () => true };
  const conn = mqtt.openVia(port);
  for (const packet of [connectPacket(null, "", { clientId: client, clean: false }), ...said]) {
    mqtt.hear(conn, Uint8Array.from(generate(packet)));
    await mqtt.asked(conn);
    mqtt.flush();
  }
  mqtt.goneVia(conn);
  mqtt.flush();
  return heard;
}

/** A pump that has gone bad, its transitions not sent yet, two messages behind the checkpoint. What this leaves is what a golden database holds. */
async function leave(storage: DurableObjectStorage): Promise<void> {
  await migrateIntake(storage);
  const store = intakeStore(storage);
  store.writePlan(plan);
  store.putMeta("name", "default/golden-intake/intake-0");
  const away = (): never => {
    throw new Error("Network connection lost.");
  };
  const unit = {
    intakePlan: async () => away(),
    admitDevice: async () => away(),
    learnt: async () => away(),
    watched: async () => away(),
    applyVerdicts: async () => away(),
  };
  const pipeline = openPipeline({
    store,
    models: intakeModels(store),
    clock: { now: () => T0 + 120_000, wakeBy: () => {} },
    plan,
    part: 0,
    onProgress: () => {},
    onPlan: () => {},
    unit,
  });
  const log = (s: number): void => {
    const channels = { "vibration.a.rms": s < 66 ? 0.1 : 40, "vibration.b.rms": s < 66 ? 0.1 : 40 };
    const messages = [
      { device: "pump-1", payload: new TextEncoder().encode(JSON.stringify({ ts: T0 + s * 1_000, channels })), arrivedAt: T0 + s * 1_000 + 15 },
    ];
    const n = pipeline.head();
    store.transaction(() => store.appendRow(n, messages.map(entryOf), T0 + s * 1_000 + 15));
    pipeline.appended({ n, end: n + 1, messages });
  };
  for (let s = 0; s < 75; s++) log(s);
  await pipeline.work();
  pipeline.checkpoint();
  log(75);
  log(76);
  store.writeRetained({ topic: "lines/1", message: kept });
  store.writeModelPart("a".repeat(64), 0, Uint8Array.of(1, 2, 3));
  // Somebody was away when a message of QoS 2 came.
  await speakTo(store, "hears", [{ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/2", qos: 2 }] }]);
  await speakTo(store, "says", [{ cmd: "publish", topic: "lines/2", payload: "meanwhile", qos: 2, messageId: 1, retain: false, dup: false }]);
}

/** The whole database as SQL, one statement a line. */
function dumpOf({ sql }: DurableObjectStorage): string {
  const literal = (value: SqlStorageValue): string => {
    if (value === null) return "NULL";
    if (typeof value === "number") return String(value);
    return value instanceof ArrayBuffer
      ? `X'${[...new Uint8Array(value)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}'`
      : `'${value.replaceAll("'", "''")}'`;
  };
  const lines: string[] = [];
  for (const made of sql
    .exec<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name",
    )
    .toArray()) {
    lines.push(`${made.sql.replaceAll(/\s+/g, " ")};`);
    if (!made.sql.startsWith("CREATE TABLE")) continue;
    for (const row of sql.exec(`SELECT * FROM "${made.name}"`))
      lines.push(
        `INSERT INTO "${made.name}" (${Object.keys(row)
          .map((column) => `"${column}"`)
          .join(", ")}) VALUES (${Object.values(row).map(literal).join(", ")});`,
      );
  }
  return lines.join("\n");
}

test("I43 the database that today's code leaves is what a golden one is made of", async () => {
  const dump = await runInDurableObject(env.INTAKE.getByName("default/leaving/intake-0"), async (_, state) => {
    await leave(state.storage);
    return dumpOf(state.storage);
  });
  await goesOn("default/golden-today/intake-0", dump, 1);
});

/** Databases as each migration's code left them: `dumpOf` after `leave`. Added for each migration, never edited. */
const GOLDEN: readonly (readonly [string, string, 0 | 1])[] = [
  ["0000", v0, 0],
  ["0001", v1, 0],
  ["0002", v2, 1],
];
test.each(GOLDEN)("I43 the Intake's database of migration %s opens with today's code and goes on", async (migration, dump, sessions) => {
  await goesOn(`default/golden-${migration}/intake-0`, dump, sessions);
});

/** `sessions`: whether it holds one that was away. */
async function goesOn(name: string, dump: string, sessions: 0 | 1): Promise<void> {
  const stub = env.INTAKE.getByName(name);
  await runInDurableObject(stub, (_, state) => {
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") state.storage.sql.exec(statement);
  });
  await evictDurableObject(stub);
  await stub.glances();
  await runDurableObjectAlarm(stub);
  const glances = await stub.glances();
  expect(glances.counters).toMatchObject({ messages: 77, samples: 77, scored: 77, duplicates: 0 });
  expect(glances.devices).toMatchObject([{ device: "pump-1", ts: T0 + 76_000, commissioned: true, connected: false }]);
  const trace = await stub.traceOf("pump-1", 0);
  expect(isRefusal(trace) ? trace : trace.columns[0]?.length).toBe(77);
  await runInDurableObject(stub, async (_, state) => {
    const store = intakeStore(state.storage);
    expect(store.readRetained()).toEqual([kept]);
    expect(store.readModel("a".repeat(64))).toEqual(Uint8Array.of(1, 2, 3));
    // The unit does not exist here: its transitions wait, numbered on from the first one.
    const waiting = store.readTransitions(1, 100);
    expect(waiting.map(({ seq }) => seq)).toEqual(waiting.map((__, i) => i + 1));
    expect(waiting.map(({ verdict }) => verdict.state)).toContain("suspect");
    const head = store.readMarks().head;
    expect(store.readMarks()).toMatchObject({ cursor: head, nextSeq: waiting.length + 1, applied: 0 });
    expect(head > 77).toBe(sessions === 1);
    expect(await speakTo(store, "hears", [{ cmd: "pingreq" }])).toEqual(sessions === 1 ? ["meanwhile"] : []);
  });
}
