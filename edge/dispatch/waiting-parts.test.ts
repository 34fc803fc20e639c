import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Movement } from "../../contracts/stock.ts";
import { onMovements } from "../journey/stock.ts";
import { accept, engineer, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const PARTS = ["BRG-6308", "SEAL-45", "GREASE-EP2"];
/** At START it is evening at the site. */
const SHIFT = { days: [1, 2, 3, 4, 5, 6, 7], from: 60, to: 61 };
/** START on the site's clock, in minutes of its day. */
const SITE = (START / 60_000 + 8 * 60) % 1_440;
const scenario = scenarioOf(pumpVibration, { connectors: {} });

function receive({ world }: Stage, place: string, parts: readonly string[], at: number): readonly unknown[] {
  const movements = parts.map((part) => Movement.parse({ id: `${place}-${part}-${at}`, at, by: "desk", place, part, type: "receive", quantity: 5 }));
  const decided = onMovements(world.view, movements, "desk", at);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(world, decided);
  return decided.timers;
}

test("P27 a job that waits for parts is tried again when they are booked in, and nobody without them is waited for", () => {
  const set = stage(scenario, [engineer("near", 1), engineer("later", 2, { shifts: [SHIFT] })]);
  receive(set, "van:elsewhere", PARTS, START);
  set.hear(START, verdict());
  const ticket = set.only("ticket");
  expect(ticket).toMatchObject({ state: "open", escalatedAt: START });
  expect(set.world.kept.timers[`dispatch:${ticket.id}`]).toBeUndefined();
  expect(receive(set, "van:near", ["FAN-132"], START + 1)).toEqual([]);
  expect(receive(set, "van:near", PARTS, START + 2)).toEqual([
    { set: `dispatch:${ticket.id}`, at: START + 2, due: { type: "dispatch-again", ticket: ticket.id } },
  ]);
  set.due(START + 2, { type: "dispatch-again", ticket: ticket.id });
  expect(set.openOffer()).toMatchObject({ engineer: "near" });
});

test("P27 somebody off shift who has the parts is waited for", () => {
  const set = stage(scenario, [engineer("near", 1), engineer("later", 2, { shifts: [SHIFT] })]);
  receive(set, "van:later", PARTS, START);
  set.hear(START, verdict());
  const due = set.world.kept.timers[`dispatch:${set.only("ticket").id}`];
  expect(due?.at).toBeGreaterThan(START);
});

const MINUTE = 60_000;
/** A job whose kit a warehouse is asked for; what it says, under the key of its last ask. */
function asked(engineers = [engineer("near", 1)]) {
  const set = stage(scenarioOf(pumpVibration), engineers);
  set.hear(START, verdict());
  const { id: kit, ticket } = set.only("kit");
  const key = () => `${kit}:v${set.only("reservation").version}`;
  return {
    ...set,
    ticket,
    lacks: (at: number) => set.say(at, { type: "short", kit, key: key(), missing: set.only("kit").lines.slice(0, 1), at }),
    has: (at: number) => set.say(at, { type: "reserved", kit, key: key(), reservation: `R-${at}`, depot: "main", at }),
    again: (at: number) => set.due(at, { type: "kit-again", ticket }),
    timer: (name: string) => set.world.kept.timers[name],
    kit,
  };
}

test("KT14 what the warehouse lacks is asked for again by itself, at longer and longer intervals, until the job is over", () => {
  const { lacks, again, timer, kit, ticket, say, last } = asked();
  let at = START;
  for (const waits of [15, 30, 60, 120, 120]) {
    lacks(at);
    expect(timer(`kit:${kit}`)).toEqual({ at: at + waits * MINUTE, due: { type: "kit-again", ticket } });
    at += waits * MINUTE;
    expect(again(at).asks).toMatchObject([{ type: "reserve" }]);
    expect(again(at).asks).toEqual([]);
  }
  lacks(at);
  say(at, { type: "cancel", ticket, by: "desk", why: "sold" });
  expect(again(at + 120 * MINUTE)).toMatchObject({ changes: [], asks: [] });
  expect(last().asks).toEqual([]);
});

test("KT14 an offer whose parts the warehouse lacks is taken back at once, and the job is offered when it has them", () => {
  const { lacks, has, again, openOffer, only, say, all, world } = asked();
  const offer = openOffer();
  lacks(START + 1_000);
  expect(all("offer").map(({ state }) => state)).toEqual(["withdrawn"]);
  expect(only("ticket")).toMatchObject({ state: "open", escalatedAt: START + 1_000 });
  expect(world.kept.decisions.at(-1)).toMatchObject({ step: "escalation", reasons: [{ code: "no-part" }] });
  expect(say(START + 2_000, accept(offer))).toMatchObject({ refused: "too-late" });
  again(START + 15 * MINUTE);
  has(START + 16 * MINUTE);
  expect(openOffer()).toMatchObject({ engineer: "near", madeAt: START + 16 * MINUTE });
  expect(say(START + 17 * MINUTE, accept(openOffer()))).not.toHaveProperty("refused");
});

test("KT14 whoever has the parts in the van is asked instead; and where nobody is there when they come, the first who comes is waited for", () => {
  const van = asked([engineer("near", 1), engineer("far", 10)]);
  receive(van, "van:far", PARTS, START);
  van.lacks(START + 1_000);
  expect(van.openOffer()).toMatchObject({ engineer: "far" });

  const night = asked([engineer("near", 1, { shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: SITE + 180 }, SHIFT] })]);
  night.lacks(START + 1_000);
  expect(night.timer(`dispatch:${night.ticket}`)).toBeUndefined();
  night.again(START + 15 * MINUTE);
  night.has(START + 240 * MINUTE);
  expect(night.all("offer").filter(({ state }) => state === "open")).toEqual([]);
  expect(night.timer(`dispatch:${night.ticket}`)?.at).toBeGreaterThan(START + 240 * MINUTE);
});
