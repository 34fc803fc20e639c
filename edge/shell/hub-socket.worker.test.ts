/** The line of a unit elsewhere: to the real hub through its door, and to one that breaks off, says nothing, or speaks something else. */
import { env, exports } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { hexToBytes } from "@noble/hashes/utils.js";
import { afterEach, expect, test, vi } from "vitest";
import { type FrameDown, FrameUp, cutFrame, readFrame, writeFrame } from "../../contracts/delta/frame.ts";
import type { Operation } from "../../contracts/delta/operation.ts";
import { ROWS_MAX } from "../../contracts/delta/sync.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { KEY, batchOf, operationOf, operations, originOf, registrationOf } from "../../hub/merge/fixture/unit.ts";
import { clientFor, newUnit } from "../../hub/shell/fixture/client.ts";
import { lineOf } from "../../hub/shell/routes-sync.ts";
import fleet from "../verdict/models/fleet.onnx";
import fleetCard from "../verdict/models/fleet.json";
import { type HubSocket, hubSocket } from "./hub-socket.ts";

const opened: HubSocket[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

type Line = { readonly hub: HubSocket; readonly nudges: string[]; readonly cuts: string[] };
function connect(unit: string, token: string, answer: (request: Request) => Promise<Response> | Response): Line {
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => answer(new Request(input, init)));
  const line: Line = {
    nudges: [],
    cuts: [],
    hub: hubSocket({ address: "http://hub", token, unit, onNudge: (stream) => void line.nudges.push(stream), onCut: (why) => void line.cuts.push(why) }),
  };
  opened.push(line.hub);
  return line;
}
const toHub = (request: Request): Promise<Response> => exports.default.fetch(request);
const tokenOf = async (unit: string): Promise<string> => (await clientFor("unit", unit)).secret;
const ask = (unit: string) => ({ origin: originOf(unit), stream: "tickets", key: KEY }) as const;

/** The hub's end in the hands of a test. */
type FakeHub = { readonly answer: () => Response; readonly ends: WebSocket[]; readonly asked: FrameUp[]; on: (end: WebSocket, frame: FrameUp) => void };
function fakeHub(): FakeHub {
  const fake: FakeHub = {
    ends: [],
    asked: [],
    on: () => undefined,
    answer() {
      const { 0: theirs, 1: ours } = new WebSocketPair();
      ours.binaryType = "arraybuffer";
      ours.addEventListener("message", ({ data }) => {
        const frame = FrameUp.parse(readFrame(new Uint8Array(data as ArrayBuffer)));
        fake.asked.push(frame);
        fake.on(ours, frame);
      });
      ours.accept();
      fake.ends.push(ours);
      return new Response(null, { status: 101, webSocket: theirs });
    },
  };
  return fake;
}
const reply = (end: WebSocket, message: FrameDown): void => {
  const pieces = cutFrame(message);
  if (isRefusal(pieces)) throw new Error(pieces.rule);
  for (const piece of pieces) end.send(piece);
};
/** Text that deflate can't make shorter than three quarters. */
function noise(chars: number): string {
  const most = 60_000;
  const some = Array.from(crypto.getRandomValues(new Uint8Array(Math.min(chars, most))), (byte) => String.fromCharCode(33 + (byte % 90))).join("");
  return chars <= most ? some : some + noise(chars - most);
}

test("U32 over the line a unit registers, pushes, and loads what it sees, page by page", async () => {
  const unit = `line-${crypto.randomUUID().slice(0, 8)}`;
  const { hub } = connect(unit, await tokenOf(unit), toHub);
  expect(await hub.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
  const lines = (n: number) => Array.from({ length: 50 }, (_, i) => ({ part: `${n}-${i}-${noise(40).replaceAll(/[^a-z0-9]/g, "x")}`, quantity: 1 }));
  const kits = Array.from({ length: ROWS_MAX + 4 }, (_, i): Operation =>
    operationOf(unit, i + 1, { entity: "kit", id: `k-${1_000 + i}-${unit}`, attr: "lines", value: lines(i) }),
  );
  for (let from = 0; from < kits.length; from += 60) {
    const pushed = await hub.push(batchOf(unit, kits.slice(from, from + 60)));
    expect(pushed).toMatchObject({ dead: [] });
  }
  const seen: string[] = [];
  let pages = 0;
  for (let after: string | null = ""; after !== null; pages++) {
    const page = await hub.load({ ...ask(unit), limit: ROWS_MAX, ...(after === "" ? {} : { after }) });
    if (isRefusal(page)) throw new Error(page.rule);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  }
  expect([seen, pages]).toEqual([kits.map(({ id }) => id), 2]);
  expect(await lineOf(env, unit).nudge("customers")).toBe(true);
});

test("HM6 over the line a unit asks for releases, gets the bytes part by part as they are, and is told when there is something to ask for", async () => {
  const unit = await newUnit("models");
  const { hub, nudges } = connect(unit, await tokenOf(unit), toHub);
  const { origin, key } = ask(unit);
  const bytes = new Uint8Array(fleet);
  const { sha256: hash } = fleetCard;
  const steward = await clientFor("operations");
  await steward.json("PUT", `/api/hub/models/${hash}/card`, fleetCard);
  const headers = { authorization: `Bearer ${steward.secret}` };
  expect((await exports.default.fetch(`http://hub/api/hub/models/${hash}`, { method: "PUT", headers, body: bytes })).status).toBe(200);
  const said = { origin, key, profiles: ["pump" as never], bindings: [], records: [], trials: [], releases: [] };
  expect(await hub.models(said)).toEqual({ releases: [] });
  const { id } = await steward.json<{ readonly id: string }>("POST", "/api/hub/releases", { hash, profile: "pump", units: [unit] }, 201);
  await vi.waitUntil(() => nudges.includes("models"));
  expect(await hub.models(said)).toMatchObject({ releases: [{ id, card: { sha256: hash }, profile: "pump" }] });
  const part = await hub.blob({ origin, key, hash: hash as never, offset: 0 });
  if (isRefusal(part)) throw new Error(part.rule);
  expect([part.bytes, hexToBytes(part.part)]).toEqual([bytes.byteLength, bytes]);
  expect(await hub.blob({ origin, key, hash: hash as never, offset: 7 })).toMatchObject({ refused: "malformed", field: "offset" });
  expect(await hub.blob({ origin, key, hash: "0".repeat(64) as never, offset: 0 })).toMatchObject({ refused: "unknown-model" });
});

test("U32 a token speaks for its own unit: what is asked in another's name is refused, and nothing of it is done", async () => {
  const [mine, other] = [await newUnit("mine"), await newUnit("other")];
  const { hub } = connect(mine, await tokenOf(mine), toHub);
  const foreign = { refused: "not-permitted", field: "origin" };
  expect(await hub.push(batchOf(other, operations(other, 1, 2)))).toMatchObject(foreign);
  expect(await hub.load({ ...ask(other), limit: 10 })).toMatchObject(foreign);
  expect(await hub.digest(ask(other))).toMatchObject(foreign);
  expect(await hub.register(registrationOf(other))).toMatchObject(foreign);
  const theirs = connect(other, await tokenOf(other), toHub);
  expect(await theirs.hub.push(batchOf(other, []))).toMatchObject({ through: 0 });
  expect(await hub.push(batchOf(mine, operations(mine, 1, 2)))).toMatchObject({ through: 2 });
});

test("U32 the door takes a unit's own token only, and says why it took no connection", async () => {
  const unit = await newUnit("door");
  for (const token of ["nobody", (await clientFor("integrator")).secret, (await clientFor("unit")).secret])
    await expect(connect(unit, token, toHub).hub.digest(ask(unit))).rejects.toThrow(/the hub answered 40[13]/);
});

test("U32 what is no frame, of another version or too large ends the connection with the reason, and the next call opens another", async () => {
  const unit = await newUnit("frames");
  const request = new Request("http://hub/api/hub/sync", { headers: { upgrade: "websocket", "x-outpost-unit": unit } });
  const good = writeFrame({ call: 1, ask: "digest", with: ask(unit) });
  const lying = Uint8Array.from(good);
  new DataView(lying.buffer).setUint32(1, 0x7fff_ffff);
  for (const [sent, why] of [
    ["text", "not a frame of the delta protocol"],
    [good.map((byte, i) => (i === 0 ? 9 : byte)), "not a frame of version 1"],
    [lying, "a frame of at most"],
    [writeFrame({ nudge: "tickets" }), "not a frame of the delta protocol"],
  ] as const) {
    const { webSocket } = await lineOf(env, unit).fetch(request);
    if (webSocket === null) throw new Error("no socket");
    const closed = new Promise<CloseEvent>((resolve) => webSocket.addEventListener("close", resolve));
    webSocket.accept();
    webSocket.send(sent);
    const { code, reason } = await closed;
    expect([code, reason]).toEqual([1003, expect.stringContaining(why)]);
  }
  const fake = fakeHub();
  const line = connect(unit, "t", fake.answer);
  fake.on = (end) => end.send(writeFrame({ call: 1, reply: 1 }).map((byte, i) => (i === 0 ? 9 : byte)));
  const both = await Promise.allSettled([line.hub.digest(ask(unit)), line.hub.digest(ask(unit))]);
  for (const one of both) expect(one).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("not a frame of version 1") } });
  fake.on = (end, { call }) => reply(end, { call, reply: "whole" });
  expect([await line.hub.digest(ask(unit)), fake.ends.length, line.cuts]).toEqual(["whole", 2, []]);
});

test("U32 D1 an operation nested beyond every bound is buried; another question of that depth is refused", async () => {
  const unit = await newUnit("deep");
  let deep: never = "x" as never;
  for (let i = 0; i < 4_000; i++) deep = [deep] as never;
  const { hub } = connect(unit, await tokenOf(unit), toHub);
  const reply = await hub.push(batchOf(unit, [operationOf(unit, 1, { value: deep }), operationOf(unit, 2)]));
  expect(reply).toMatchObject({ through: 2, dead: [{ seq: 1, reason: "malformed: nested too deep" }] });
  expect(await hub.load({ ...ask(unit), limit: deep })).toMatchObject({ refused: "malformed", field: "with" });
});

test("U32 a question that no frame holds is refused where it is asked, and the connection stays", async () => {
  const fake = fakeHub();
  fake.on = (end, { call }) => reply(end, { call, reply: "here" });
  const { hub } = connect("long", "t", fake.answer);
  await expect(hub.push({ ...ask("long"), operations: operations("long", 1, 1, { value: "x".repeat(9_000_000) }) })).rejects.toThrow("a frame of at most");
  expect([await hub.digest(ask("long")), fake.ends.length, fake.asked.length]).toEqual(["here", 1, 1]);
});

test("U32 a cut in the middle of an answer fails every call under way; the rest of it means nothing on the next connection", async () => {
  const fake = fakeHub();
  const line = connect("cut", "t", fake.answer);
  const long = cutFrame({ call: 1, reply: noise(1_200_000) });
  if (isRefusal(long)) throw new Error(long.rule);
  fake.on = (end, { call }) => {
    if (call !== 2) return;
    end.send(long[0] ?? new Uint8Array());
    end.close(1012, "restarts");
  };
  const both = await Promise.allSettled([line.hub.load({ ...ask("cut"), limit: 9 }), line.hub.digest(ask("cut"))]);
  for (const one of both) expect(one).toMatchObject({ status: "rejected", reason: { message: "the hub's connection ended: 1012 restarts" } });
  // Those who asked know: nobody else has to be told.
  expect(line.cuts).toEqual([]);
  const whole = noise(1_200_000);
  fake.on = (end, { call }) => reply(end, { call, reply: whole });
  expect([(await line.hub.digest(ask("cut"))) === (whole as never), fake.ends.length]).toEqual([true, 2]);
});

test("U32 a cut while nothing is asked is told at once; one's own closing is not", async () => {
  const fake = fakeHub();
  fake.on = (end, { call }) => reply(end, { call, reply: call });
  const line = connect("idle", "t", fake.answer);
  await line.hub.digest(ask("idle"));
  fake.ends[0]?.close(1001, "goes away");
  await vi.waitFor(() => expect(line.cuts).toEqual(["the hub's connection ended: 1001 goes away"]));
  await line.hub.digest(ask("idle"));
  line.hub.close();
  const ended = new Promise((resolve) => fake.ends[1]?.addEventListener("close", resolve));
  await ended;
  expect([line.cuts.length, fake.ends.length]).toEqual([1, 2]);
});

test("U32 a hub that does not answer is given up, its connection with it, and asked again over another", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const fake = fakeHub();
  const { hub } = connect("silent", "t", fake.answer);
  const heard = new Promise<void>((resolve) => (fake.on = () => resolve()));
  const first = expect(hub.digest(ask("silent"))).rejects.toThrow("the hub did not answer within 9000 ms");
  await heard;
  vi.advanceTimersByTime(9_000);
  await first;
  fake.on = (end, { call }) => reply(end, { call, reply: "late but here" });
  expect([await hub.digest(ask("silent")), fake.ends.length]).toEqual(["late but here", 2]);
});

test("U32 a unit has one line: the oldest of too many connections gives way, and the one that is alive hears nudges", async () => {
  const unit = await newUnit("many");
  const token = await tokenOf(unit);
  const lines = Array.from({ length: 5 }, () => connect(unit, token, toHub));
  for (const { hub } of lines) await hub.digest(ask(unit));
  await vi.waitFor(() => expect(lines.map(({ cuts }) => cuts.length)).toEqual([1, 0, 0, 0, 0]));
  expect(lines[0]?.cuts[0]).toContain("too many connections");
  await lineOf(env, unit).nudge("assets");
  await vi.waitFor(() => expect(lines.at(-1)?.nudges).toEqual(["assets"]));
  expect(await runInDurableObject(lineOf(env, unit), (_, state) => state.getWebSockets().filter((one) => one.readyState === WebSocket.OPEN).length)).toBe(4);
});
