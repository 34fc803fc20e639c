import { expect, test } from "vitest";
import { type Frame, frameWriter, LINK_ANSWERS, LINK_ASKS, MEMBERS_MAX, readFrames, type Stored } from "../../contracts/gateway-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type LinkBroker, openGatewayLink } from "./gateway-link.ts";

const hello = { kind: "hello" as const, version: 1 as const, gateway: "g-1" };
const open = (member: number) => ({ kind: "open" as const, member, secure: false, verified: false });
const data = (member: number, length: number) => ({ kind: "data" as const, member, bytes: new Uint8Array(length) });
const stored = (seq: number): Stored => ({ seq, ageMs: 5, version: 4, device: "P-1", client: "c", packet: Uint8Array.of(0x30, 0) });

test("GW21 a member is a connection without a socket: opened, its bytes, gone; the broker's words go to it alone", () => {
  const { link, calls } = linked();
  put(link, [hello, open(3), open(4), data(3, 2), { kind: "part", member: 4, bytes: Uint8Array.of(9) }, { kind: "close", member: 4, why: "silent" }]);
  expect(calls).toEqual(["opened 3", "opened 4", "bytes 3 2", "bytes 4 1 more", "gone 4 silent"]);
  link.say(3, Uint8Array.of(0x20, 2, 0, 0));
  link.say(4, Uint8Array.of(1));
  link.say(5, Uint8Array.of(1));
  expect(told(link)).toMatchObject([
    { kind: "welcome", through: 0 },
    { kind: "close", member: 4 },
    { kind: "data", member: 3 },
  ]);
});

test("GW21 a number is free again once both sides have closed it, whoever began; what comes too late is not heard", () => {
  const { link, calls } = linked();
  put(link, [hello, open(3)]);
  link.end(3);
  put(link, [data(3, 2)]);
  expect(calls).toEqual(["opened 3"]);
  expect(isRefusal(take(link, [open(3)]))).toBe(true);
  put(link, [{ kind: "close", member: 3, why: "ended" }, open(3)]);
  put(link, [{ kind: "close", member: 3, why: "lost" }, open(3)]);
  expect(calls).toEqual(["opened 3", "opened 3", "gone 3 lost", "opened 3"]);
});

test("GW21 what breaks the link's order is refused, and its members are lost with it", () => {
  const bad: readonly (readonly Frame[])[] = [
    [open(1)],
    [hello, hello],
    [hello, data(1, 1)],
    [hello, { kind: "close", member: 1, why: "ended" }],
    [hello, { kind: "accepted", through: 1 }],
    [hello, open(1), open(1)],
  ];
  for (const frames of bad) expect(isRefusal(take(linked().link, frames))).toBe(true);
  const { link, calls } = linked();
  put(link, [hello, open(1), open(2)]);
  expect(isRefusal(link.take("hello"))).toBe(true);
  link.lost();
  expect(calls.slice(2)).toEqual(["gone 1 lost", "gone 2 lost"]);
  expect(link.members()).toBe(0);
});

test("GW22 credit comes back in halves of a window, for the member and for the link, and not while the broker has no room", () => {
  const { link, broker } = linked({ memberBytes: 100, linkBytes: 300 });
  put(link, [hello, open(1), open(2), data(1, 49), data(2, 50)]);
  expect(told(link).slice(1)).toEqual([{ kind: "credit", member: 2, bytes: 50 }]);
  broker.room = false;
  put(link, [data(1, 51)]);
  expect(told(link)).toEqual([]);
  broker.room = true;
  expect(told(link)).toEqual([
    { kind: "credit", member: 0, bytes: 150 },
    { kind: "credit", member: 1, bytes: 100 },
  ]);
});

test("GW22 a member without credit can't hear until its client has read; one that is told far beyond it ends alone", () => {
  const { link, calls } = linked({ memberBytes: 100 });
  put(link, [hello, open(1), open(2)]);
  link.say(1, new Uint8Array(99));
  expect(calls).toHaveLength(2);
  link.say(1, new Uint8Array(99));
  link.say(1, new Uint8Array(2));
  expect(calls.slice(2)).toEqual(["pauses 1"]);
  put(link, [{ kind: "credit", member: 1, bytes: 60 }]);
  expect(calls).toHaveLength(3);
  put(link, [{ kind: "credit", member: 1, bytes: 60 }]);
  expect(calls.slice(3)).toEqual(["hears 1"]);
  link.say(2, new Uint8Array(17 * 1024 * 1024));
  expect(calls.at(-1)).toBe("gone 2 over-credit");
  expect(link.members()).toBe(1);
});

test("GW23 stored packets come once, in order, also when the gateway sends them again; it is told through which seq they are on disk", () => {
  const { link, calls, broker } = linked();
  broker.on = 4;
  put(link, [hello, ...[3, 4, 5, 6].map((seq) => ({ kind: "stored" as const, ...stored(seq) }))]);
  put(
    link,
    [6, 7].map((seq) => ({ kind: "stored" as const, ...stored(seq) })),
  );
  expect(calls).toEqual(["stored g-1 5,6", "stored g-1 7"]);
  link.accepted(7);
  expect(told(link)).toMatchObject([
    { kind: "welcome", through: 4 },
    { kind: "accepted", through: 7 },
  ]);
});

test("GW21 more members than a link may have are refused one by one, and the link lives", () => {
  const { link } = linked();
  put(link, [hello]);
  for (let id = 1; id <= MEMBERS_MAX; id++) put(link, [open(id)]);
  put(link, [open(MEMBERS_MAX + 1)]);
  expect(told(link).at(-1)).toEqual({ kind: "close", member: MEMBERS_MAX + 1, why: "refused" });
  put(link, [data(MEMBERS_MAX + 1, 1), { kind: "close", member: MEMBERS_MAX + 1, why: "ended" }]);
  expect(link.members()).toBe(MEMBERS_MAX);
});

test("GW21 a link that asks is answered", () => {
  const { link } = linked();
  expect(link.take(LINK_ASKS)).toBeNull();
  expect(link.settle()).toEqual([LINK_ANSWERS]);
});

type Link = ReturnType<typeof openGatewayLink>;

function linked(limits: { readonly memberBytes?: number; readonly linkBytes?: number } = {}) {
  const calls: string[] = [];
  const broker = { room: true, on: 0 };
  const port: LinkBroker = {
    opened: ({ id }) => calls.push(`opened ${id}`),
    bytes: (member, bytes, more) => calls.push(`bytes ${member} ${bytes.length}${more ? " more" : ""}`),
    gone: (member, why) => calls.push(`gone ${member} ${why}`),
    paused: (member, paused) => calls.push(`${paused ? "pauses" : "hears"} ${member}`),
    stored: (gateway, packets) => calls.push(`stored ${gateway} ${packets.map(({ seq }) => seq).join(",")}`),
    through: () => broker.on,
    hasRoom: () => broker.room,
  };
  return { link: openGatewayLink(port, limits), calls, broker };
}

function take(link: Link, frames: readonly Frame[]) {
  const writer = frameWriter();
  let refused = null;
  const send = (kind: number | null): void => {
    for (const message of writer.take()) {
      if (kind !== null) message[0] = kind;
      refused ??= link.take(message);
    }
  };
  for (const frame of frames) {
    if (frame.kind === "part") {
      // A piece of a few bytes: a packet that is really cut would be large.
      send(null);
      writer.data(frame.member, frame.bytes);
      send(5);
    } else if (frame.kind === "data") writer.data(frame.member, frame.bytes);
    else writer.put(frame);
  }
  send(null);
  return refused;
}

function put(link: Link, frames: readonly Frame[]): void {
  expect(take(link, frames)).toBeNull();
}

function told(link: Link): readonly Frame[] {
  return link.settle().flatMap((message) => {
    const frames = typeof message === "string" ? [] : readFrames(message);
    if (isRefusal(frames)) throw new Error(frames.rule);
    return frames;
  });
}
