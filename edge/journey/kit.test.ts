import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer } from "../../contracts/effect.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { PartId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Movement } from "../../contracts/stock.ts";
import { accept, REPORT, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { onMovements } from "./stock.ts";

const scenario = scenarioOf(pumpVibration);

const sorted = (lines: Kit["lines"]): Kit["lines"] => lines.toSorted((a, b) => (a.part < b.part ? -1 : 1));

function asked(by: Scenario = scenario) {
  const set = stage(by);
  set.hear(START, verdict());
  const kit = (): Kit => set.only("kit");
  const { id } = kit();
  const answers = {
    reserved: (reservation = "R1", key = `${id}:v1`): Answer => ({ type: "reserved", kit: id, key, reservation, depot: "main", at: START + 5 }),
    short: (): Answer => ({ type: "short", kit: id, key: `${id}:v1`, missing: kit().lines.slice(0, 1), at: START + 5 }),
    unreachable: (attempts: number): Answer => ({ type: "unreachable", kit: id, key: `${id}:v1`, attempts, why: "no answer" }),
  };
  return { ...set, kit, ...answers };
}

test("T9 the parts of the fault mode are asked for once, under a key of the kit and its version", () => {
  const { last, kit } = asked();
  expect(kit()).toMatchObject({
    state: "proposed",
    attempts: 0,
    lines: [
      { part: "BRG-6308", quantity: 2 },
      { part: "GREASE-EP2", quantity: 1 },
      { part: "SEAL-45", quantity: 1 },
    ],
  });
  expect(last().asks).toEqual([{ type: "reserve", key: `${kit().id}:v1`, kit: kit().id, ticket: kit().ticket, lines: sorted(kit().lines) }]);
});

test.each([
  ["no connector", scenarioOf(pumpVibration, { connectors: {} })],
  ["a sandbox", scenarioOf(pumpVibration, { kind: "sandbox" })],
  ["no parts", scenarioOf(pumpVibration, { faultModes: pumpVibration.faultModes.map((mode) => ({ ...mode, parts: [] })) })],
])("T9 %s: nothing is asked", (_why, by) => {
  const { last, kit } = asked(by);
  expect(kit().state).toBe("none");
  expect(last().asks).toEqual([]);
});

test("T10 the first reservation is kept; repeated and late answers change nothing", () => {
  const { say, kit, reserved, short, unreachable } = asked();
  say(START, unreachable(1));
  expect(kit()).toMatchObject({ state: "unreachable", attempts: 1 });
  say(START, reserved());
  expect(kit()).toMatchObject({ state: "reserved", reservation: "R1", depot: "main", reservedAt: START + 5, attempts: 1 });
  for (const late of [reserved(), short(), unreachable(9)]) expect(say(START + 9, late)).toEqual({ changes: [], asks: [], timers: [], because: [] });
});

test("T10 an answer for another kit changes nothing; what nobody asked for goes back", () => {
  const { say, kit, reserved } = asked();
  expect(say(START, { ...reserved(), kit: "none" as Kit["id"] } as Answer)).toMatchObject({ changes: [], asks: [] });
  expect(say(START, { ...reserved("R9"), key: "other" } as Answer)).toMatchObject({ asks: [{ type: "release", reservation: "R9" }] });
  expect(kit().state).toBe("proposed");
});

test("T10 what the warehouse lacks is shown, and asked for once more under a key of its own when a person says so", () => {
  const { say, last, kit, reserved, short } = asked();
  expect(say(START, { type: "ask-again", ticket: kit().ticket, by: "desk" })).toMatchObject({ refused: "wrong-state" });
  say(START, short());
  expect(kit()).toMatchObject({ state: "short", missing: [{ part: "BRG-6308", quantity: 2 }] });
  expect(say(START, short())).toMatchObject({ changes: [] });
  say(START + 1, { type: "ask-again", ticket: kit().ticket, by: "desk" });
  expect(last().asks).toMatchObject([{ type: "reserve", key: `${kit().id}:v2` }]);
  expect(kit()).toMatchObject({ state: "proposed" });
  say(START + 2, reserved("R1", `${kit().id}:v2`));
  expect(kit()).toMatchObject({ state: "reserved" });
  expect(kit()).not.toHaveProperty("missing");
});

test("KT12 what the warehouse will never take is refused, with its word, and is not asked again by itself; a person has it asked again", () => {
  const { say, kit, last } = asked();
  say(START, { type: "rejected", kit: kit().id, key: `${kit().id}:v1`, why: "the WMS answered 422" });
  expect(kit()).toMatchObject({ state: "refused", why: "the WMS answered 422" });
  expect(kit()).not.toHaveProperty("missing");
  expect(last().asks).toEqual([]);
  expect(last().because[0]).toMatchObject({ step: "reservation", outcome: "rejected" });
  say(START + 1, { type: "ask-again", ticket: kit().ticket, by: "desk" });
  expect(last().asks).toMatchObject([{ type: "reserve", key: `${kit().id}:v2` }]);
  expect(kit()).toMatchObject({ state: "proposed" });
  expect(kit()).not.toHaveProperty("why");
});

test("T10 a kit of an earlier release goes on under the kit's own id", () => {
  const { say, kit, world, reserved } = asked();
  delete world.kept.entities["reservation"];
  say(START, reserved("R1", kit().id));
  expect(kit()).toMatchObject({ state: "reserved", reservation: "R1" });
  say(START + 1, { type: "cancel", ticket: kit().ticket, by: "desk", why: "sold" });
  expect(kit()).toMatchObject({ state: "none", reservation: "R1" });
});

test("T10 a warehouse that does not answer is told of at every doubling of the attempts, not at every try", () => {
  const { say, unreachable } = asked();
  const told = Array.from({ length: 64 }, (_, i) => i + 1).filter((attempts) => {
    const decided = say(START, unreachable(attempts));
    return "changes" in decided && decided.changes.length > 0;
  });
  expect(told).toEqual([1, 2, 4, 8, 16, 32, 64]);
});

test("T10 a second reservation under the same key goes back", () => {
  const { say, last, kit, reserved } = asked();
  say(START, reserved("R1"));
  say(START, reserved("R2"));
  expect(kit().reservation).toBe("R1");
  expect(last().asks).toEqual([{ type: "release", key: `${kit().id}:release:R2`, kit: kit().id, ticket: kit().ticket, reservation: "R2" }]);
});

test("T10 the reservation of a cancelled ticket goes back, also when it is answered only afterwards", () => {
  for (const cancelFirst of [false, true]) {
    const { say, kit, last, reserved, only, all } = asked();
    const cancel: Answer = { type: "cancel", ticket: kit().ticket, by: "desk", why: "sold" };
    for (const answer of cancelFirst ? [cancel, reserved()] : [reserved(), cancel]) say(START + 6, answer);
    expect(only("ticket")).toMatchObject({ state: "cancelled", why: "sold" });
    expect(all("offer").map(({ state }) => state)).toEqual(["withdrawn"]);
    expect(kit().state).toBe("none");
    expect(last().asks).toMatchObject([{ type: "release", reservation: "R1" }]);
    expect(say(START + 7, reserved())).toMatchObject({ changes: [], asks: [] });
  }
});

test("T10 cancelling ends the assignment; cancelling twice changes nothing, and a ticket in work can't be cancelled", () => {
  const { say, kit, openOffer, all } = asked();
  const { engineer: by, ticket } = openOffer();
  const cancel: Answer = { type: "cancel", ticket, by: "desk", why: "sold" };
  say(START, accept(openOffer()));
  say(START + 1, cancel);
  expect(all("assignment")).toEqual([]);
  expect(say(START + 2, cancel)).toEqual({ changes: [], asks: [], timers: [], because: [] });
  expect(say(START + 2, { ...cancel, ticket: "none" as typeof ticket })).toMatchObject({ refused: "unknown-ticket" });
  expect(kit().state).toBe("proposed");
  const other = asked();
  other.say(START, accept(other.openOffer()));
  other.say(START, { type: "progress", ticket: other.only("ticket").id, by, to: "working" });
  expect(other.say(START, { ...cancel, ticket: other.only("ticket").id })).toMatchObject({ refused: "wrong-state" });
});

test("T10 any sequence of answers, and a cancelling somewhere in it: what is reserved and not released is what the kit says", () => {
  const one = fc.constantFrom("R1", "R2", "short", "unreachable", "cancel");
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (names) => {
      const { say, kit, reserved, short, unreachable } = asked();
      const held = new Set<string>();
      // A warehouse does not reserve again under a key whose reservation went back.
      const released = new Set<string>();
      names.forEach((name, i) => {
        const answer =
          name === "short"
            ? short()
            : name === "unreachable"
              ? unreachable(i + 1)
              : name === "cancel"
                ? ({ type: "cancel", ticket: kit().ticket, by: "desk", why: "" } as const)
                : reserved(name);
        if (answer.type === "reserved" && !released.has(answer.reservation)) held.add(answer.reservation);
        const decided = say(START + i, answer);
        if ("asks" in decided)
          for (const ask of decided.asks)
            if (ask.type === "release") {
              held.delete(ask.reservation);
              released.add(ask.reservation);
            }
      });
      expect([...held]).toEqual(kit().state === "reserved" ? [kit().reservation] : []);
    }),
  );
});

/** The same two engineers, with a van that has part of the kit. */
function stocked(by: Scenario = scenario) {
  const set = asked(by);
  const receive = (part: string, quantity: number): Movement =>
    Movement.parse({ type: "receive", id: `first-${part}`, at: START, by: "desk", place: "van:near", part, quantity });
  const first = onMovements(set.world.view, [receive("BRG-6308", 5), receive("SEAL-45", 1)], "desk", START);
  if (isRefusal(first)) throw new Error(first.rule);
  commit(set.world, first);
  const shelf = (part: string) => set.world.view.get("stock", `van:near:${part}`);
  return { ...set, shelf };
}

test("KT10 whoever accepts has what is in their van kept for the kit, and the warehouse is asked for the rest alone, under the next version", () => {
  const { say, kit, last, openOffer, reserved, shelf, all } = stocked();
  say(START + 1, reserved("R1"));
  say(START + 2, accept(openOffer()));
  expect(shelf("BRG-6308")).toMatchObject({ onHand: 5, holds: [{ kit: kit().id, quantity: 2 }] });
  expect(last().asks).toMatchObject([{ type: "release", reservation: "R1" }]);
  say(START + 3, { type: "released", kit: kit().id, key: `${kit().id}:release:R1` });
  expect(last().asks).toMatchObject([{ type: "reserve", key: `${kit().id}:v2`, lines: [{ part: "GREASE-EP2", quantity: 1 }] }]);
  say(START + 4, reserved("R2", `${kit().id}:v2`));
  expect(kit()).toMatchObject({ state: "reserved", reservation: "R2" });

  // Given to somebody else: free again, and all of it is asked for.
  say(START + 5, { type: "return", ticket: kit().ticket, by: "desk", why: "too far" });
  expect(shelf("BRG-6308")).toMatchObject({ onHand: 5, holds: [] });
  expect(last().asks).toMatchObject([{ type: "release", reservation: "R2" }]);
  expect(all("reservation")[0]).not.toHaveProperty("engineer");
});

test("KT15 where the warehouse can replace, it is asked for the rest in the place of what it keeps, which stays with the kit until then, and where the rest is not there", () => {
  for (const isThere of [true, false]) {
    const { say, kit, last, openOffer, reserved, shelf } = stocked();
    const first = { ...reserved("R1"), replaceable: true } as Answer;
    say(START + 1, first);
    say(START + 2, accept(openOffer()));
    expect(shelf("BRG-6308")).toMatchObject({ onHand: 5, holds: [{ kit: kit().id, quantity: 2 }] });
    expect(last().asks).toMatchObject([{ type: "reserve", key: `${kit().id}:v2`, lines: [{ part: "GREASE-EP2", quantity: 1 }], replaces: "R1" }]);
    expect(kit()).toMatchObject({ state: "proposed", reservation: "R1" });
    const key = `${kit().id}:v2`;
    if (isThere) {
      say(START + 3, { ...reserved("R2", key), replaceable: true, replaced: "R1" } as Answer);
      expect(kit()).toMatchObject({ state: "reserved", reservation: "R2" });
      expect(last().because.at(-1)).toMatchObject({ step: "reservation", outcome: "reserved" });
    } else {
      say(START + 3, { type: "rejected", kit: kit().id, key, why: "the WMS answered 422" });
      expect(kit()).toMatchObject({ state: "refused", reservation: "R1" });
    }
    expect(last().asks).toEqual([]);
    say(START + 4, { type: "cancel", ticket: kit().ticket, by: "desk", why: "sold" });
    expect(last().asks).toMatchObject([{ type: "release", reservation: isThere ? "R2" : "R1" }]);
    expect(shelf("BRG-6308")).toMatchObject({ onHand: 5, holds: [] });
  }
});

test("KT10 what was used leaves the van, what was kept and not used is free; a count that takes from a kit has the warehouse asked", () => {
  const { say, kit, world, openOffer, reserved, shelf, only } = stocked();
  say(START + 1, reserved("R1"));
  const by = openOffer().engineer;
  say(START + 2, accept(openOffer()));
  const count = onMovements(
    world.view,
    [Movement.parse({ type: "count", id: "c-1", at: START + 3, by: "desk", place: "van:near", part: "SEAL-45", counted: 0 })],
    "desk",
    START + 3,
  );
  if (isRefusal(count)) throw new Error(count.rule);
  commit(world, count);
  expect(only("reservation").lines).toEqual([
    { part: "GREASE-EP2", quantity: 1 },
    { part: "SEAL-45", quantity: 1 },
  ]);
  for (const to of ["travelling", "working"] as const) say(START + 4, { type: "progress", ticket: kit().ticket, by, to });
  say(START + 5, { type: "progress", ticket: kit().ticket, by, to: "resolved", ...REPORT, partsUsed: [{ part: PartId.parse("BRG-6308"), quantity: 1 }] });
  expect(shelf("BRG-6308")).toMatchObject({ onHand: 4, holds: [] });
});

test("P7 another fault joins a job whose kit a person let run: what it needs more waits for a word, and what is held stays", () => {
  const by = scenarioOf(pumpVibration, { autonomy: { ...scenario.autonomy, reserve: "confirm" }, tickets: { groupMs: 3_600_000 } });
  const { say, kit, hear, reserved, world } = asked(by);
  const asks = (): string[] => Object.keys(world.kept.asks);
  say(START + 1, { type: "confirm", ticket: kit().ticket, by: "desk" });
  expect(asks()).toEqual([`${kit().id}:v1`]);
  say(START + 2, reserved());
  hear(START + 1_000, verdict({ device: "d2", episode: "d2:1", at: START + 900, arrivedAt: START + 1_000, evidence: [{ channel: "flow", share: 1 }] }));
  expect(asks()).toEqual([`${kit().id}:v1`]);
  expect(kit()).toMatchObject({ needsPerson: true, reservation: "R1" });
  expect(world.kept.decisions.findLast(({ step }) => step === "kit")).toMatchObject({ outcome: "held", autonomy: "confirm" });
  say(START + 2_000, { type: "confirm", ticket: kit().ticket, by: "desk" });
  expect(kit().needsPerson).toBeUndefined();
  expect(asks()).toEqual([`${kit().id}:v1`, `${kit().id}:release:R1`]);
});
