import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { type DiskQueueOptions, openDiskQueue } from "./disk-queue.ts";
import { openKnown } from "./known.ts";

const packet = (text: string) => ({ version: 4 as const, device: "P-1", client: "c", packet: Buffer.from(text) });

test("GW30 what was told to be on disk is read again after a crash, in order, with its age", async () => {
  let now = 1_000;
  const folder = place();
  const queue = await open(folder, { now: () => now });
  await add(queue, ["a", "b", "c"]);
  // A crash: nobody closed it.
  now = 4_000;
  const again = await open(folder, { now: () => now });
  expect((await again.next(1_000)).map(({ seq, ageMs, packet }) => [seq, ageMs, String(packet)])).toEqual([
    [1, 3_000, "a"],
    [2, 3_000, "b"],
    [3, 3_000, "c"],
  ]);
  expect(again.packets()).toBe(3);
});

test("GW30 a torn record ends its file, wherever the crash came; what was on disk before it stays", async () => {
  const folder = place();
  const queue = await open(folder);
  await add(queue, ["one", "two"]);
  await queue.close();
  const [name = ""] = readdirSync(folder);
  const whole = readFileSync(join(folder, name));
  for (let length = whole.length - 1; length > whole.length / 2; length -= 7) {
    writeFileSync(join(folder, name), whole.subarray(0, length));
    const torn = await open(folder);
    expect((await torn.next(1_000)).map(({ packet }) => String(packet))).toEqual(["one"]);
    await add(torn, ["three"]);
    expect((await torn.next(1_000)).map(({ seq, packet }) => [seq, String(packet)])).toEqual([[2, "three"]]);
    await torn.close();
    rmSync(join(folder, name));
  }
  const rotten = Buffer.from(whole);
  rotten[rotten.length - 1] = (rotten.at(-1) ?? 0) ^ 1;
  writeFileSync(join(folder, name), rotten);
  expect((await (await open(folder)).next(1_000)).map(({ packet }) => String(packet))).toEqual(["one"]);
  writeFileSync(join(folder, name), whole);
  appendFileSync(join(folder, name), "noise that nobody wrote");
  expect((await open(folder)).counts().torn).toBe(1);
});

test("GW30 a file that rots while it is in use costs what follows in it, and that is counted; the queue goes on", async () => {
  const folder = place();
  const queue = await open(folder);
  await add(queue, ["one", "two", "three"]);
  const path = join(folder, readdirSync(folder)[0] ?? "");
  const bytes = readFileSync(path);
  bytes[bytes.indexOf("two")] = 0;
  writeFileSync(path, bytes);
  expect((await queue.next(10)).map(({ packet }) => String(packet))).toEqual(["one"]);
  expect(await queue.next(1_000)).toEqual([]);
  expect([queue.counts().torn, queue.readThrough()]).toEqual([1, 3]);
  await queue.accepted(queue.readThrough());
  await add(queue, ["four"]);
  expect((await queue.next(1_000)).map(({ seq, packet }) => [seq, String(packet)])).toEqual([[4, "four"]]);
});

test("GW31 what the unit has is deleted; the count goes on after a restart, also of an empty queue", async () => {
  const folder = place();
  const queue = await open(folder);
  await add(queue, ["a", "b"]);
  await queue.accepted(1);
  expect(queue.packets()).toBe(1);
  await queue.accepted(2);
  expect([queue.packets(), queue.bytes()]).toEqual([0, 0]);
  await queue.close();
  const again = await open(folder);
  await add(again, ["c"]);
  expect((await again.next(1_000)).map(({ seq }) => seq)).toEqual([3]);
});

test("GW31 what was sent and not accepted is sent again, from the first that the unit lacks", async () => {
  const queue = await open(place());
  await add(queue, ["a", "b", "c"]);
  expect(await queue.next(1_000)).toHaveLength(3);
  expect(await queue.next(1_000)).toHaveLength(0);
  await queue.rewind(1);
  expect((await queue.next(1_000)).map(({ seq }) => seq)).toEqual([2, 3]);
});

test("GW32 a full queue takes nothing more and says when there is room; nothing that was taken is dropped", async () => {
  let rooms = 0;
  const queue = await open(place(), { bytesMax: 200, onRoom: () => (rooms += 1) });
  const taken: string[] = [];
  for (let i = 0; queue.hasRoom(); i++) {
    taken.push(`m${i}`);
    await add(queue, [`m${i}`]);
  }
  expect(taken.length).toBeGreaterThan(2);
  expect(rooms).toBe(0);
  expect((await queue.next(10_000)).map(({ packet }) => String(packet))).toEqual(taken);
  await queue.accepted(taken.length);
  expect([rooms, queue.hasRoom()]).toEqual([1, true]);
});

test.runIf(existsSync("/dev/full"))(
  "GW32 a full disk acknowledges nothing and takes nothing; once there is space the queue goes on where it stood",
  async () => {
    const failures: string[] = [];
    let rooms = 0;
    const folder = place();
    const queue = await open(folder, { onFailure: ({ message }) => failures.push(message), onRoom: () => (rooms += 1) });
    await add(queue, ["a"]);
    const next = join(folder, "0000000000000002.log");
    symlinkSync("/dev/full", next);
    await queue.accepted(1);
    let told = false;
    queue.add(packet("b"), () => (told = true));
    await vi.waitUntil(() => failures.length === 1, { timeout: 20_000, interval: 5 });
    expect([told, queue.hasRoom(), queue.isSound(), queue.packets()]).toEqual([false, false, false, 0]);
    await expect(queue.repair()).rejects.toThrow();
    rmSync(next);
    await queue.repair();
    expect([queue.hasRoom(), rooms]).toEqual([true, 1]);
    await add(queue, ["c"]);
    expect((await queue.next(1_000)).map(({ seq, packet }) => [seq, String(packet)])).toEqual([[2, "c"]]);
  },
);

test("GW32 what is too old is left out when the unit is back, and counted", async () => {
  let now = 0;
  const queue = await open(place(), { now: () => now, ageMaxMs: 100 });
  await add(queue, ["old"]);
  now = 50;
  await add(queue, ["young"]);
  now = 120;
  expect((await queue.next(1_000)).map(({ packet }) => String(packet))).toEqual(["young"]);
  expect(queue.counts().tooOld).toBe(1);
});

test("GW31 however it is read, cut into files and started anew, each packet comes once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 20, max: 2_000 }), fc.boolean()), { maxLength: 12 }),
      async (steps) => {
        const folder = place();
        let queue = await open(folder);
        let put = 0;
        let read = 0;
        for (const [count, bytesMax, restarts] of steps) {
          await add(
            queue,
            Array.from({ length: count }, () => `${(put += 1)}`),
          );
          for (const { seq, packet } of await queue.next(bytesMax)) {
            expect([seq, String(packet)]).toEqual([read + 1, String(read + 1)]);
            read = seq;
          }
          await queue.accepted(read);
          if (!restarts) continue;
          await queue.close();
          queue = await open(folder);
          await queue.rewind(read);
        }
        while (read < put) for (const { seq } of await queue.next(500)) expect(seq).toBe((read += 1));
        await queue.close();
      },
    ),
    { numRuns: 15 },
  );
});

test("GW33 known are only those whom the unit let in, with the password it took, for so long; of passwords the disk has digests", () => {
  let now = 0;
  const folder = place();
  const options = { folder, ageMaxMs: 1_000, now: () => now };
  const who = { unit: "plant", user: "P-1", password: "secret-word", client: "c" };
  const known = openKnown(options);
  expect(known.find(who)).toBeNull();
  known.admitted(who, true);
  known.close();
  const again = openKnown(options);
  expect(again.find(who)).toEqual({ hasSession: true });
  expect(again.find({ ...who, client: "d" })).toEqual({ hasSession: false });
  for (const other of [{ password: "other" }, { user: "P-2" }, { unit: "quarry" }]) expect(again.find({ ...who, ...other })).toBeNull();
  for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), "latin1")).not.toContain("secret-word");
  // Somebody else's wrong password doesn't make it unknown; the refusal of its own does.
  again.refused({ ...who, password: "other" });
  expect(again.find(who)).not.toBeNull();
  now = 1_001;
  expect(again.find(who)).toBeNull();
  again.admitted(who, false);
  again.refused(who);
  expect(again.find(who)).toBeNull();
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "outpost-queue-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(folder: string, options: Partial<DiskQueueOptions> = {}) {
  const queue = await openDiskQueue({
    folder,
    bytesMax: 1e6,
    ageMaxMs: 1e9,
    now: () => 0,
    onRoom: () => {},
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
  onTestFinished(() => queue.close());
  return queue;
}

async function add(queue: Awaited<ReturnType<typeof open>>, texts: readonly string[]): Promise<void> {
  await Promise.all(
    texts.map(
      (text) =>
        new Promise<void>((resolve) => {
          queue.add(packet(text), resolve);
        }),
    ),
  );
}
