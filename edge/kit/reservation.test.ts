import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ask } from "../../contracts/effect.ts";
import { Reservation, reservationStateOf } from "../../contracts/reservation.ts";
import { advanceReservation, keyOf, type ReservationEvent, type ReservationStep, releaseKeyOf, startReservation } from "./reservation.ts";

const line = (part: string, quantity = 1) => ({ part: part as never, quantity });
const kit = { kit: "k" as never, ticket: "t" as never, lines: [line("P", 2)] };
const start = (more: object = {}) => startReservation({ ...kit, ...more }, "d1");
/** What events lead to, and everything that was asked on the way. */
function follow(first: ReservationStep, ...events: readonly ReservationEvent[]) {
  let { reservation } = first;
  const asks = [...first.asks];
  for (const event of events) {
    const step = advanceReservation(reservation, event);
    if (step === null) continue;
    reservation = Reservation.parse(JSON.parse(JSON.stringify(step.reservation)));
    asks.push(...step.asks.map((ask) => Ask.parse(ask)));
  }
  return { reservation, state: reservationStateOf(reservation), asked: asks.map(({ key }) => key) };
}
const reserved = (version: number, reservation: string): ReservationEvent => ({
  type: "reserved",
  key: keyOf(kit, version),
  reservation,
  depot: "east",
  at: 5,
});
/** At a warehouse that can make one reservation of another. */
const held = (version: number, reservation: string, replaced?: string): ReservationEvent => ({
  ...(reserved(version, reservation) as Extract<ReservationEvent, { type: "reserved" }>),
  replaceable: true,
  ...(replaced === undefined ? {} : { replaced }),
});
const short = (version: number): ReservationEvent => ({ type: "short", key: keyOf(kit, version), missing: [line("P")] });
const released = (reservation: string): ReservationEvent => ({ type: "released", key: releaseKeyOf(kit, reservation) });
const change = (...lines: ReturnType<typeof line>[]): ReservationEvent => ({ type: "change", lines, decision: "d2" });
const cancel: ReservationEvent = { type: "cancel" };

describe("KT6 a reservation", () => {
  test("is asked for once under the version's key, and held", () => {
    expect(follow(start())).toMatchObject({ state: "asked", asked: ["k:v1"] });
    expect(follow(start(), reserved(1, "R1"), reserved(1, "R1"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1"],
      reservation: { held: { reservation: "R1", depot: "east", version: 1 } },
    });
    expect(follow(start({ lines: [] }))).toMatchObject({ state: "proposed", asked: [] });
  });

  test("waits for a person where it must, and is not asked for if the job is called off before", () => {
    const held = start({ needsPerson: true });
    expect(follow(held)).toMatchObject({ state: "proposed", asked: [] });
    expect(follow(held, { type: "allow" }, { type: "allow" })).toMatchObject({ state: "asked", asked: ["k:v1"] });
    expect(follow(held, cancel, { type: "allow" })).toMatchObject({ state: "released", asked: [] });
  });

  test("P7 what a person let run stays so: more of anything waits for another word, with what is held kept; less needs none", () => {
    const to = (...lines: ReturnType<typeof line>[]): ReservationEvent => ({ type: "change", lines, decision: "d2", needsPerson: true });
    const allowed = [{ type: "allow" }, reserved(1, "R1")] as const;
    const begun = start({ needsPerson: true, lines: [line("P", 2)] });
    const more = follow(begun, ...allowed, to(line("P", 2), line("Q")));
    expect(more).toMatchObject({ state: "proposed", asked: ["k:v1"], reservation: { needsPerson: true, held: { reservation: "R1" } } });
    expect(follow(begun, ...allowed, to(line("P", 3)))).toMatchObject({ asked: ["k:v1"], reservation: { needsPerson: true } });
    expect(follow(begun, ...allowed, to(line("P", 3)), { type: "allow" }).asked).toEqual(["k:v1", "k:release:R1"]);
    // Less, what was let run before, and what is taken back before anybody said anything.
    expect(follow(begun, ...allowed, to(line("P")), released("R1")).asked).toEqual(["k:v1", "k:release:R1", "k:v2"]);
    expect(follow(begun, ...allowed, to(line("P")), to(line("P", 2))).reservation.needsPerson).toBeUndefined();
    expect(follow(begun, ...allowed, to(line("Q")), to(line("P", 2))).reservation.needsPerson).toBeUndefined();
    expect(follow(begun, to(line("P"))).reservation.needsPerson).toBe(true);
    // What they were shown is more than what is asked for by now.
    expect(follow(begun, to(line("P")), { type: "allow", lines: [line("P", 2)] }, to(line("P", 2))).reservation.needsPerson).toBeUndefined();
    expect(follow(begun, ...allowed, to(line("Q")), cancel)).toMatchObject({ asked: ["k:v1", "k:release:R1"] });
  });

  test("short, unreachable, rejected: told, and asked again only under a decision", () => {
    expect(follow(start(), short(1), short(1))).toMatchObject({ state: "short", asked: ["k:v1"], reservation: { missing: { lines: [line("P")] } } });
    expect(follow(start(), short(1), { type: "again", decision: "d2" }, short(1), reserved(2, "R2"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:v2"],
      reservation: { decision: "d2" },
    });
    const away = (attempts: number): ReservationEvent => ({ type: "unreachable", key: "k:v1", attempts, why: "no answer" });
    expect(advanceReservation(start().reservation, away(1))).not.toBeNull();
    expect(follow(start(), away(1))).toMatchObject({ state: "unreachable" });
    expect(follow(start(), away(1), away(2), away(3)).reservation.asking?.attempts).toBe(2);
    expect(follow(start(), away(1), reserved(1, "R1")).state).toBe("reserved");
    expect(follow(start(), { type: "rejected", key: "k:v1", why: "unknown part" }, { type: "again", decision: "d2" })).toMatchObject({
      state: "asked",
      asked: ["k:v1", "k:v2"],
    });
  });

  test("called off: what is held goes back, what is asked goes back when it comes, once", () => {
    expect(follow(start(), reserved(1, "R1"), cancel, cancel)).toMatchObject({ state: "releasing", asked: ["k:v1", "k:release:R1"] });
    expect(follow(start(), reserved(1, "R1"), cancel, released("R1"), released("R1"), reserved(1, "R1"))).toMatchObject({
      state: "released",
      asked: ["k:v1", "k:release:R1"],
    });
    expect(follow(start(), cancel)).toMatchObject({ state: "releasing", asked: ["k:v1"] });
    expect(follow(start(), cancel, reserved(1, "R1"), released("R1"))).toMatchObject({ state: "released", asked: ["k:v1", "k:release:R1"] });
    expect(follow(start(), cancel, short(1)).state).toBe("released");
  });

  test("other lines: one decision gives back and asks again, in that order; the same lines are no change", () => {
    const changed = follow(start(), reserved(1, "R1"), change(line("P", 3)));
    expect(changed).toMatchObject({ state: "asked", asked: ["k:v1", "k:release:R1"], reservation: { version: 2, decision: "d2" } });
    expect(follow(start(), reserved(1, "R1"), change(line("P", 3)), released("R1"), reserved(2, "R2"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:release:R1", "k:v2"],
      reservation: { decision: "d2", held: { reservation: "R2" } },
    });
    expect(follow(start(), change(line("P"), line("P")))).toMatchObject({ reservation: { version: 1, decision: "d1" } });
    // Changed while the first ask is out: it is waited for, and what it brought goes back.
    expect(follow(start(), change(line("Q"))).asked).toEqual(["k:v1"]);
    expect(follow(start(), change(line("Q")), short(1)).asked).toEqual(["k:v1", "k:v2"]);
    expect(follow(start(), change(line("Q")), reserved(1, "R1"), released("R1")).asked).toEqual(["k:v1", "k:release:R1", "k:v2"]);
    expect(follow(start(), reserved(1, "R1"), change(), released("R1"))).toMatchObject({ state: "proposed", asked: ["k:v1", "k:release:R1"] });
  });

  test("KT15 where the warehouse can replace what is held, other lines are asked for in its place, and nothing goes back before", () => {
    const asked = follow(start(), held(1, "R1"), change(line("P", 3)));
    expect(asked).toMatchObject({
      state: "asked",
      asked: ["k:v1", "k:v2"],
      reservation: { held: { reservation: "R1", version: 1 }, asking: { replaces: "R1" } },
    });
    expect(advanceReservation(follow(start(), held(1, "R1")).reservation, change(line("P", 3)))?.asks).toMatchObject([{ type: "reserve", replaces: "R1" }]);
    expect(follow(start(), held(1, "R1"), change(line("P", 3)), held(2, "R2", "R1"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:v2"],
      reservation: { held: { reservation: "R2", version: 2 }, giving: [], gone: ["R1"] },
    });
    // It keeps the number.
    expect(follow(start(), held(1, "R1"), change(line("P", 3)), held(2, "R1"), held(2, "R1"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:v2"],
      reservation: { held: { reservation: "R1", version: 2 }, giving: [] },
    });
    // It doesn't say what became of the old one: that goes back, then.
    expect(follow(start(), held(1, "R1"), change(line("P", 3)), held(2, "R2"), released("R1"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:v2", "k:release:R1"],
      reservation: { held: { reservation: "R2", version: 2 }, giving: [] },
    });
    expect(follow(start(), held(1, "R1"), change(), released("R1"))).toMatchObject({ state: "proposed", asked: ["k:v1", "k:release:R1"] });
  });

  test("KT15 what is new and can't be had leaves what there is, until the next change, the end of the job, or a person who has it asked again", () => {
    const kept = [held(1, "R1"), change(line("P", 3)), short(2)];
    expect(follow(start(), ...kept)).toMatchObject({ state: "short", asked: ["k:v1", "k:v2"], reservation: { held: { reservation: "R1", version: 1 } } });
    const rejected: ReservationEvent = { type: "rejected", key: "k:v2", why: "unknown part" };
    expect(follow(start(), held(1, "R1"), change(line("P", 3)), rejected)).toMatchObject({ state: "rejected", reservation: { held: { reservation: "R1" } } });
    expect(follow(start(), ...kept, { type: "again", decision: "d3" }, held(3, "R3", "R1"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:v2", "k:v3"],
      reservation: { held: { reservation: "R3" }, gone: ["R1"] },
    });
    expect(follow(start(), ...kept, change(line("Q")), held(3, "R3", "R1")).state).toBe("reserved");
    expect(follow(start(), ...kept, cancel, released("R1"))).toMatchObject({ state: "released", asked: ["k:v1", "k:v2", "k:release:R1"] });
    expect(follow(start(), ...kept, { type: "use" })).toMatchObject({ state: "used", asked: ["k:v1", "k:v2"] });
  });

  test("KT15 called off or used while one is to become another: what it came to goes back, or is kept", () => {
    const under = [held(1, "R1"), change(line("P", 3))];
    expect(follow(start(), ...under, cancel).asked).toEqual(["k:v1", "k:v2"]);
    expect(follow(start(), ...under, cancel, held(2, "R2", "R1"), released("R2"))).toMatchObject({
      state: "released",
      asked: ["k:v1", "k:v2", "k:release:R2"],
    });
    expect(follow(start(), ...under, cancel, short(2), released("R1"))).toMatchObject({ state: "released", asked: ["k:v1", "k:v2", "k:release:R1"] });
    expect(follow(start(), ...under, { type: "use" }, held(2, "R2", "R1"))).toMatchObject({ state: "used", reservation: { held: { reservation: "R2" } } });
    // An ask that was short reaches the warehouse once more, late.
    const late = [...under, short(2), change(line("Q")), held(2, "R2", "R1")];
    expect(follow(start(), ...late)).toMatchObject({ state: "asked", reservation: { held: { reservation: "R2", version: 2 }, asking: { replaces: "R2" } } });
    expect(follow(start(), ...late, held(3, "R3"), released("R2"))).toMatchObject({ state: "reserved", asked: ["k:v1", "k:v2", "k:v3", "k:release:R2"] });
  });

  test("a second reservation that nobody asked for goes back, whenever it comes", () => {
    expect(follow(start(), reserved(1, "R1"), reserved(1, "R9"))).toMatchObject({
      state: "reserved",
      asked: ["k:v1", "k:release:R9"],
      reservation: { held: { reservation: "R1" }, giving: ["R9"] },
    });
    expect(follow(start(), short(1), reserved(1, "R9")).asked).toEqual(["k:v1", "k:release:R9"]);
    expect(follow(start(), reserved(1, "R1"), { type: "use" }, reserved(1, "R9")).asked).toEqual(["k:v1", "k:release:R9"]);
  });

  test("used: kept for good; a job that was done without it keeps nothing", () => {
    expect(follow(start(), reserved(1, "R1"), { type: "use" }, cancel, change(line("Q")))).toMatchObject({ state: "used", asked: ["k:v1"] });
    expect(follow(start(), { type: "use" }, reserved(1, "R1"), released("R1"))).toMatchObject({ state: "released", asked: ["k:v1", "k:release:R1"] });
  });
});

const AnyEvent = fc.oneof(
  fc.constant<ReservationEvent>({ type: "allow" }),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).map(([n, needsPerson]) => ({ ...change(line("P", n)), needsPerson }) as ReservationEvent),
  fc.constant<ReservationEvent>({ type: "again", decision: "d3" }),
  fc.constant<ReservationEvent>(cancel),
  fc.constant<ReservationEvent>({ type: "use" }),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })).map(([version, n]) => reserved(version, `R${n}`)),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.option(fc.integer({ min: 1, max: 6 })))
    .map(([version, n, old]) => held(version, `R${n}`, old === null ? undefined : `R${old}`)),
  fc.integer({ min: 1, max: 4 }).map(short),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(9))
    .map(([version, attempts]): ReservationEvent => ({ type: "unreachable", key: keyOf(kit, version), attempts, why: "" })),
  fc.integer({ min: 1, max: 4 }).map((version): ReservationEvent => ({ type: "rejected", key: keyOf(kit, version), why: "" })),
  fc.integer({ min: 1, max: 30 }).map((n) => released(`R${n}`)),
);

test("KT6 KT15 every pair of state and event has one result that fits its schema; each key is asked once; nothing held is forgotten, and nothing is asked while something goes back, or is held and not replaced", () => {
  fc.assert(
    fc.property(fc.array(AnyEvent, { maxLength: 60 }), fc.boolean(), (events, needsPerson) => {
      const first = start({ needsPerson });
      let { reservation } = first;
      const asked = first.asks.map(({ key }) => key);
      for (const event of events) {
        const before = reservation;
        const step = advanceReservation(before, event);
        if (step === null) continue;
        reservation = Reservation.parse(step.reservation);
        for (const ask of step.asks) {
          if (ask.type === "reserve") {
            expect(asked).not.toContain(ask.key);
            const was = event.type === "reserved" && event.replaced === before.held?.reservation ? event.reservation : before.held?.reservation;
            const isSame = event.type === "reserved" && before.held === undefined;
            expect([
              ask.replaces === (isSame ? event.reservation : was),
              before.giving.length - Number(event.type === "released"),
              before.asking !== undefined && !["short", "rejected", "reserved"].includes(event.type),
            ]).toEqual([true, 0, false]);
          }
          asked.push(ask.key);
        }
        const releases = step.asks.flatMap((ask) => (ask.type === "release" ? [ask.reservation] : []));
        const isReplaced = event.type === "reserved" && event.replaced === before.held?.reservation;
        if (before.held !== undefined && reservation.held?.reservation !== before.held.reservation && !isReplaced)
          expect(releases).toContain(before.held.reservation);
        if (event.type === "reserved" && reservation.held?.reservation !== event.reservation) expect(releases).toContain(event.reservation);
        if (reservationStateOf(reservation) === "reserved") expect(reservation.held?.version).toBe(reservation.version);
        // A job may be done while its parts were to become others.
        if (reservationStateOf(reservation) === "used") expect(reservation.held).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
});
