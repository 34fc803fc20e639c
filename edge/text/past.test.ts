import { beforeAll, expect, test } from "vitest";
import { EXCERPT_MAX, RECURRING_TICKETS_MAX, Recurring, SIMILAR_TICKETS_MAX, SimilarTickets } from "../../contracts/past.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { openShippedEncoder } from "../../devices/replay/encoder-node.ts";
import { BAD_NOTES } from "./fixture/said.ts";
import type { Encoder } from "./encoder.ts";
import { isPast, type Noted, notesOf, recurringOf, RECURRING_MIN, similarTickets } from "./past.ts";
import { GROUP_LIKENESS_MIN, NEAR_LIKENESS_MIN, vectorsOf } from "./vector.ts";

let encode: Encoder;
beforeAll(async () => {
  encode = await openShippedEncoder();
});

const DAY_MS = 86_400_000;
type Given = {
  readonly said?: string;
  readonly cause?: string;
  readonly action?: string;
  readonly state?: "open" | "closed";
  readonly day?: number;
  readonly asset?: string;
};

function job(n: number, { said, cause = "", action = "", state = "closed", day = n, asset = `pump-${n}` }: Given): Ticket {
  const at = day * DAY_MS;
  const every = {
    id: `t-${n}`,
    asset,
    faultMode: "bearing-wear",
    severity: "medium",
    priority: "p2",
    skills: [],
    repairs: [],
    kit: `k-${n}`,
    openedAt: at,
    respondBy: at + 1,
    resolveBy: at + 2,
    asked: [],
    round: 1,
    ...(said === undefined ? {} : { complaints: [{ id: `c-${n}`, at, words: said, alarms: [] }] }),
  };
  const done = {
    to: "li-wei",
    offer: `o-${n}`,
    acceptedAt: at,
    arrivedAt: at,
    resolvedAt: at + 5,
    cause,
    action,
    partsUsed: [],
    closedAt: at + 6,
    closedBy: "desk",
  };
  return Ticket.parse(state === "open" ? { ...every, state } : { ...every, ...done, state });
}

const noted = (tickets: readonly Ticket[]): Promise<readonly Noted[]> =>
  Promise.all(
    tickets.map(async (ticket) => {
      const { said, done } = notesOf(ticket);
      return { ticket, said: await vectorsOf(said, encode), done: await vectorsOf(done, encode) };
    }),
  );

test("VT8 earlier jobs with like words are found, by what was said and by what was found, in either language", async () => {
  const [one, ...past] = await noted([
    job(9, { said: "水泵轴那里一直漏水，地上都是水", state: "open" }),
    job(1, { said: "pump noisy", cause: "机封泄漏，动环裂纹", action: "更换机械密封" }),
    job(2, { said: "motor too hot", cause: "cooling fan broken", action: "fan replaced" }),
    job(3, { said: "泵的轴漏水，地面有水", cause: "seal faces worn", action: "new cartridge seal" }),
    job(4, { said: "水泵轴那里一直漏水，地上都是水", state: "open" }),
  ]);
  if (one === undefined) throw new Error("one was given");
  const found = SimilarTickets.parse(similarTickets(one, [...past, one], NEAR_LIKENESS_MIN));
  expect(found.read).toBe(3);
  expect(found.tickets[0]).toMatchObject({
    ticket: "t-3",
    said: "泵的轴漏水，地面有水",
    cause: "seal faces worn",
    action: "new cartridge seal",
    at: 3 * DAY_MS + 5,
  });
  expect(found.tickets.map(({ ticket }) => ticket)).not.toContain("t-2");
  const [across, ...known] = await noted([
    job(9, { cause: "mechanical seal leaking, seal faces worn", action: "new mech seal" }),
    job(1, { cause: "机械密封漏", action: "换机封" }),
    job(2, { cause: "皮带松", action: "张紧皮带" }),
  ]);
  if (across === undefined) throw new Error("one was given");
  expect(similarTickets(across, known, 0).tickets.map(({ ticket }) => ticket)).toEqual(["t-1", "t-2"]);
});

test("VT9 a fault that comes again is told with its jobs, machines and the words of the most typical; twice is chance", async () => {
  const leaks = ["机封泄漏，换机械密封", "机械密封漏水，更换机封", "轴封漏，机封磨损换新", "mech seal leaking, seal replaced"].map((action, i) =>
    job(i, { action, asset: `pump-${i % 2}` }),
  );
  const belts = ["皮带打滑，张紧皮带", "皮带松，重新张紧"].map((action, i) => job(10 + i, { action }));
  const { read, groups } = Recurring.parse(recurringOf(await noted([...leaks, ...belts]), GROUP_LIKENESS_MIN));
  expect(read).toBe(6);
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatchObject({ count: 4, tickets: ["t-3", "t-2", "t-1", "t-0"], faultMode: "bearing-wear", firstAt: 0, lastAt: 3 * DAY_MS });
  expect([...(groups[0]?.assets ?? [])].sort()).toEqual(["pump-0", "pump-1"]);
  expect(leaks.map((ticket) => notesOf(ticket).done)).toContain(groups[0]?.words);
  expect(RECURRING_MIN).toBe(3);
});

test("VT9 notes of numbers, codes or characters that nobody has learnt are no fault that comes again", async () => {
  const numbers = ["12345", "9", "2024-05-06 10:33", "+86 138 0000 0000", "No 7", "A-12", "龘龘", "麤驫", "靐齉", "😀😀 5"];
  const leaks = ["机封泄漏，换机械密封", "机械密封漏水，更换机封", "轴封漏，机封磨损换新"];
  const told = recurringOf(await noted([...numbers, ...leaks].map((said, n) => job(n, { said }))), GROUP_LIKENESS_MIN);
  expect(told.groups.map(({ count }) => count)).toEqual([3]);
});

test("VT10 whatever was written fits what is told, and its bounds hold", async () => {
  const bad = BAD_NOTES.map((note, n) =>
    job(n, { ...(note.trim() === "" ? {} : { said: note.slice(0, 1_000) }), cause: note.slice(0, 500), action: note.slice(0, 500) }),
  );
  const all = await noted(bad);
  for (const one of all) SimilarTickets.parse(similarTickets(one, all, 0));
  Recurring.parse(recurringOf(all, 0));
  const same = await noted(Array.from({ length: 60 }, (_, n) => job(n, { cause: "轴承磨损 ".repeat(60), action: "换轴承" })));
  const [one] = same;
  if (one === undefined) throw new Error("sixty were given");
  expect(similarTickets(one, same, 0).tickets).toHaveLength(SIMILAR_TICKETS_MAX);
  const [group] = Recurring.parse(recurringOf(same, 0.9)).groups;
  expect([group?.count, group?.tickets.length, group?.words.length]).toEqual([60, RECURRING_TICKETS_MAX, EXCERPT_MAX]);
  expect(bad.every(isPast)).toBe(true);
});
