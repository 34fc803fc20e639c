import "fake-indexeddb/auto";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { build } from "vite";
import { expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { TelemetryPayload } from "../../contracts/telemetry.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { ROOT } from "../server/paths.ts";
import { askTime, startClock, toldTime } from "./clock.ts";
import { connectDevice, type DeviceOptions } from "./device.ts";
import { indexedStore } from "./indexed-store.ts";
import { startBroker } from "./test-broker.ts";
import { typed, typesOf, type ChannelOf } from "./typed.ts";

const NOW = 1_763_750_000_000;
const soon = { timeout: 20_000, interval: 5 };

test("S20 the browser's build holds nothing of Node, and publishes telemetry and waveforms where there is no Buffer and no process", async () => {
  const code = await bundle();
  expect(code).not.toMatch(/(?:from|import|require\()\s*\(?["']node:/);
  expect(code).not.toContain("__vite-browser-external");
  const broker = await startBroker({ transport: "ws" });
  onTestFinished(() => broker.stop());
  // What a page has, and nothing besides: a context of its own knows the language only.
  const page = createContext({
    ...pageGlobals(),
    // One realm of bytes: those of a socket come from outside.
    ArrayBuffer,
    Uint8Array,
    Int16Array,
    Float32Array,
    DataView,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    queueMicrotask,
    TextEncoder,
    TextDecoder,
    URL,
    fetch,
    WebSocket,
    Event,
    EventTarget,
    AbortSignal,
    DOMException,
    Blob,
    AbortController,
  });
  // A page's worker: there the library needs no other worker for its timers.
  runInContext("globalThis.self = { constructor: { name: 'DedicatedWorkerGlobalScope' } }; globalThis.navigator = { userAgent: '' }", page);
  expect(runInContext("typeof Buffer + typeof process + typeof require", page)).toBe("undefinedundefinedundefined");
  runInContext(code, page);
  const answer: unknown = await runInContext(
    `(async () => {
      const link = await sdk.connectPage({ url: "ws://127.0.0.1:${broker.port}/mqtt/plant", unit: "plant", device: "P-1", password: "secret" });
      const published = await link.publish({ ts: ${NOW}, channels: { pressure: 3.2 }, seq: 7 });
      const burst = await link.burst({ start: ${NOW}, rate: 1000, axes: [{ id: "x", samples: new Float32Array(256) }] });
      await link.close();
      return JSON.stringify({ published, burst });
    })()`,
    page,
  );
  expect(JSON.parse(String(answer))).toEqual({ published: { seq: 7 }, burst: { blocks: 1 } });
  expect(broker.received.map(({ topic }) => topic)).toEqual(["u/plant/d/P-1/telemetry", "u/plant/d/P-1/burst"]);
});

test("S21 an IndexedDB store brings what was not acknowledged, and the sequence, into the page's next life", async () => {
  const gone = await startBroker({ transport: "ws" });
  await gone.stop();
  const store = await indexedStore("s21");
  const first = device_(gone.port, { store });
  void first.publish(sample(1));
  void first.publish(sample(2));
  await first.close();
  const broker = await startBroker({ transport: "ws", port: gone.port });
  onTestFinished(() => broker.stop());
  const second = device_(broker.port, { store: await indexedStore("s21"), now: () => 7 });
  expect(await second.publish(sample(3))).toEqual({ seq: 102 });
  await second.idle();
  expect(broker.received.flatMap(({ text }) => TelemetryPayload.parse(JSON.parse(text))).map(({ seq }) => seq)).toEqual([100, 101, 102]);
  await second.close();
  await vi.waitUntil(async () => {
    const left = await indexedStore("s21");
    left.close();
    return left.load().entries.length === 0 && left.load().lastSeq === 102;
  }, soon);
});

test("S21 a store that fails later refuses the publisher of what still waits, and no other", async () => {
  const gone = await startBroker({ transport: "ws" });
  await gone.stop();
  let full = false;
  const device = device_(gone.port, {
    store: {
      load: () => ({ entries: [], lastSeq: null }),
      add: () => (full ? Promise.reject(new Error("quota")) : Promise.resolve()),
      remove: () => {},
      close: () => {},
    },
  });
  const kept = device.publish(sample(1));
  full = true;
  expect(await device.publish(sample(2))).toMatchObject({ refused: "unavailable", rule: "the store failed: quota" });
  expect(device.counts()).toMatchObject({ published: 1, refusedByStore: 1, waiting: 1 });
  const broker = await startBroker({ transport: "ws", port: gone.port });
  onTestFinished(() => broker.stop());
  expect(await kept).toEqual({ seq: 100 });
});

test("S22 whatever the delays, the true offset lies within the error that is told, which never exceeds half of the shortest round trip but for drift", () => {
  const delay = fc.integer({ min: 0, max: 2_000 });
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(fc.tuple(delay, delay, fc.boolean()), { minLength: 1, maxLength: 30 }), (offset, answers) => {
      const clock = startClock();
      let at = NOW;
      let least = Number.POSITIVE_INFINITY;
      for (const [out, back, inSeconds] of answers) {
        const server = at + out + offset;
        const from = inSeconds ? Math.floor(server / 1_000) * 1_000 : server;
        clock.heard({ askedAt: at, heardAt: at + out + back, from, to: inSeconds ? from + 999 : from });
        if (!inSeconds) least = Math.min(least, (out + back) / 2);
        at += out + back + 100;
      }
      const reading = clock.reading(at);
      if (reading === null) throw new Error("something was heard");
      expect(Math.abs(reading.offsetMs - offset)).toBeLessThanOrEqual(reading.errorMs + 1e-6);
      if (answers.length <= 16) expect(reading.errorMs).toBeLessThanOrEqual(Math.max(least, 0) + 1e-4 * (at - NOW) + 1e-6);
    }),
  );
});

test("S22 a clock that somebody set is believed as it is now; nonsense is not heard", () => {
  const clock = startClock();
  expect(clock.reading(NOW)).toBeNull();
  clock.heard({ askedAt: NOW, heardAt: NOW - 1, from: NOW, to: NOW });
  expect(clock.reading(NOW)).toBeNull();
  clock.heard({ askedAt: NOW, heardAt: NOW + 20, from: NOW + 10, to: NOW + 10 });
  expect(clock.reading(NOW + 20)).toEqual({ offsetMs: 0, errorMs: 10 });
  clock.heard({ askedAt: NOW + 30, heardAt: NOW + 40, from: NOW + 60_035, to: NOW + 60_035 });
  expect(clock.reading(NOW + 40)).toEqual({ offsetMs: 60_000, errorMs: 5 });
  expect([toldTime({ time: "17" }), toldTime({ time: "soon" }), toldTime(undefined)]).toEqual([17, null, null]);
});

test("S22 a server's Date header narrows the offset, question by question", async () => {
  const clock = startClock();
  let at = NOW + 1;
  const ask = (): Promise<Response> => {
    at += 5;
    return Promise.resolve(new Response(null, { headers: { date: new Date(Math.floor((at + 60_000) / 1_000) * 1_000).toUTCString() } }));
  };
  for (let n = 0; n < 12; n++) {
    expect(await askTime("http://unit/", clock, ask, () => at)).toBe(true);
    at += 290;
  }
  const reading = clock.reading(at);
  expect(Math.abs((reading?.offsetMs ?? 0) - 60_000)).toBeLessThanOrEqual(reading?.errorMs ?? 0);
  expect(reading?.errorMs).toBeLessThan(160);
  expect(await askTime("http://unit/", clock, () => Promise.reject(new Error("away")))).toBe(false);
});

test("S23 a profile's channels are the link's: another name does not compile and is refused, as is a value outside the range", async () => {
  const pump = {
    channels: [
      { id: "pressure", min: 0, max: 25 },
      { id: "flow", min: -10, max: 100 },
      { id: "kurtosis", min: 0, max: 100, from: { axis: "x" } },
    ],
  } as const;
  expectTypeOf<ChannelOf<typeof pump>>().toEqualTypeOf<"pressure" | "flow">();
  const said: unknown[] = [];
  const link = typed({ publish: (telemetry) => Promise.resolve({ seq: said.push(telemetry) }) }, pump);
  expect(await link.publish({ ts: NOW, channels: { pressure: 3.2, flow: null } })).toEqual({ seq: 1 });
  // @ts-expect-error a channel that the profile lacks
  expect(await link.publish({ ts: NOW, channels: { presure: 3.2 } })).toMatchObject({ refused: "malformed", field: "channels.presure" });
  // @ts-expect-error a channel that the unit reckons itself
  expect(await link.publish({ ts: NOW, channels: { kurtosis: 3 } })).toMatchObject({ refused: "malformed" });
  expect(await link.publish({ ts: NOW, channels: { pressure: 26 } })).toMatchObject({ refused: "malformed", rule: "0 to 25", field: "channels.pressure" });
  expect(said).toHaveLength(1);
});

test("S23 a profile of a scenario is printed as the module that typed takes", async () => {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  const code = typesOf(profile);
  const { profile: read } = (await import(`data:text/javascript,${encodeURIComponent(code.replace(" as const", ""))}`)) as {
    readonly profile: { readonly id: string; readonly channels: readonly object[] };
  };
  expect(read).toEqual({ id: profile.id, channels: profile.channels.map(({ id, uom, min, max }) => ({ id, uom, min, max })) });
});

/** IndexedDB and its classes, which the library asks for by name. */
function pageGlobals(): object {
  return Object.fromEntries(
    Object.getOwnPropertyNames(globalThis).flatMap((name) => (/^(?:IDB|indexedDB$)/.test(name) ? [[name, Reflect.get(globalThis, name)]] : [])),
  );
}

async function bundle(): Promise<string> {
  const built = await build({
    root: ROOT,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: { entry: fileURLToPath(new URL("browser.ts", import.meta.url)), formats: ["iife"], name: "sdk", fileName: "sdk" },
    },
  });
  const [output] = [built].flat();
  if (output === undefined || !("output" in output)) throw new Error("the build gives an output");
  expect(output.output).toHaveLength(1);
  const [chunk] = output.output;
  expect(chunk.imports).toEqual([]);
  return chunk.code;
}

function device_(port: number, options: Partial<DeviceOptions>) {
  const device = connectDevice({
    url: `ws://127.0.0.1:${port}/mqtt/plant`,
    unit: "plant",
    device: "P-1",
    password: "secret",
    backoff: { firstMs: 5, mostMs: 20 },
    random: () => 0.5,
    now: () => 100,
    ...options,
  });
  onTestFinished(() => device.close());
  return device;
}

function sample(i: number) {
  return { ts: NOW + i * 1_000, channels: { "vibration.a.rms": 0.027 } };
}
