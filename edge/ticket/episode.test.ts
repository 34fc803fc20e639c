/** One ticket for each fault episode, whatever becomes of its alarms on the way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FAMILIES } from "../../contracts/entity.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { REPORT, accept, engineer, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";

const scenario = scenarioOf(pumpVibration);
const MODES = ["bearing-wear", "cavitation", "overheating"] as const;

/** An episode of one device as its transitions were made: signs, the fault, repeats, perhaps its end. */
const episode = fc.record({ repeats: fc.integer({ min: 0, max: 3 }), ends: fc.boolean(), fresh: fc.boolean(), mode: fc.constantFrom(...MODES) });
const said = fc.array(fc.array(episode, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });

test("T19 one ticket for each fault episode under duplicated, delayed and reordered alarms", () => {
  fc.assert(
    fc.property(said, fc.infiniteStream(fc.nat(1_000)), (devices, draws) => {
      const next = (below: number) => (draws.next().value ?? 0) % below;
      const told = devices.flatMap((episodes, d) => {
        let at = START + d;
        return episodes.flatMap(({ repeats, ends, fresh, mode }, e) => {
          const states = ["suspect", "anomalous", ...Array.from({ length: repeats }, () => "anomalous"), ...(ends ? ["normal"] : [])];
          return states.map((state) => {
            at += 60_000;
            return verdict({ device: `d${d}`, asset: `pump-${d}`, episode: `d${d}:${e}`, state, at, arrivedAt: at, since: at, faultMode: mode, fresh });
          });
        });
      });
      // Doubled here and there, and each put some places later.
      const doubled = told.flatMap((one) => Array.from({ length: 1 + Number(next(4) === 0) }, () => one));
      const sent = doubled.map((one, i) => ({ one, place: i + next(6) })).toSorted((a, b) => a.place - b.place);
      const set = stage(scenario, []);
      for (const [i, { one }] of sent.entries()) {
        const decided = set.hear(START + 3_600_000 + i * 1_000, one);
        for (const change of decided.changes) if (change.after !== null) FAMILIES[change.family].parse(change.after);
      }
      const alarms = set.all("alarm");
      const tickets = set.all("ticket");
      for (const { episode: id, fresh } of new Map(told.filter(({ state }) => state === "anomalous").map((one) => [one.episode, one])).values()) {
        const standing = alarms.filter((alarm) => alarm.episode === id || (alarm.joined ?? []).some((other) => other.episode === id));
        expect(standing, id).toHaveLength(1);
        const of = tickets.filter(({ alarm, alarms: more = [] }) => [alarm, ...more].some((one) => one === standing[0]?.id));
        expect(of.length, id).toBeLessThanOrEqual(1);
        if (fresh) expect(of, id).toHaveLength(1);
      }
      // Nothing else opened one, and nothing was dropped in silence: each repeat is counted on its alarm.
      expect(tickets.length).toBe(new Set(alarms.flatMap(({ ticket }) => ticket ?? [])).size);
      const anomalous = sent.filter(({ one }) => one.state === "anomalous").length;
      expect(alarms.reduce((sum, { repeats }) => sum + repeats + 1, 0)).toBe(anomalous);
    }),
    { seed: 20_261_122, numRuns: 150 },
  );
});

/** Everybody who is asked says yes and mends it. */
function mendAll(set: Stage, at: number): void {
  for (const offer of set.all("offer").filter(({ state }) => state === "open")) {
    const { ticket, engineer: by } = offer;
    set.say(at, accept(offer));
    for (const to of ["working", "resolved"] as const) set.say(at, { type: "progress", ticket, by, to, ...REPORT });
  }
}

const timesReopened = (set: Stage) => set.all("ticket").reduce((sum, { reopened }) => sum + (reopened?.times ?? 0), 0);

/** Timers that have come due, in their order. */
function ring(set: Stage, now: number): void {
  for (let i = 0; i < 1_000; i++) {
    const [first] = Object.entries(set.world.kept.timers)
      .filter(([, { at }]) => at <= now)
      .toSorted(([, a], [, b]) => a.at - b.at);
    if (first === undefined) return;
    const [key, { at, due }] = first;
    delete set.world.kept.timers[key];
    set.due(at, due);
  }
  throw new Error("timers without end");
}

/** An episode of one pump with flare-ups after its end, as hold-off joins them to it. */
const flaring = fc.record({ flares: fc.integer({ min: 0, max: 4 }), ends: fc.boolean(), mode: fc.constantFrom(...MODES) });
/** Seconds to the next message: the next sample, another look, beyond the proof of a repair. */
const gaps = fc.constantFrom(1, 5, 30, 200, 700);

test("T15 T19 one ticket for each fault episode, and one open job for each fault, however it flares up after repairs, doubled, delayed and reordered", () => {
  const seen = { reopened: 0, followed: 0, counted: 0 };
  fc.assert(
    fc.property(
      fc.array(flaring, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(gaps),
      fc.infiniteStream(fc.nat(1_000)),
      fc.boolean(),
      (episodes, waits, draws, closes) => {
        const next = (below: number) => (draws.next().value ?? 0) % below;
        const told = episodes.flatMap(({ flares, ends, mode }, e) => {
          const tail = Array.from({ length: flares }, () => ["anomalous", "normal"]).flat();
          return ["anomalous", "normal", ...tail, ...(ends ? [] : ["anomalous"])].map((state) => ({ state, episode: `d1:${e}`, faultMode: mode }));
        });
        const made = told.map((one, i) => ({ ...one, at: START + i * 1_000 }));
        const doubled = made.flatMap((one) => Array.from({ length: 1 + Number(next(4) === 0) }, () => one));
        const sent = doubled.map((one, i) => ({ one, place: i + next(3) })).toSorted((a, b) => a.place - b.place);
        const set = stage(scenario, [engineer("a", 1)]);
        let now = START + 3_600_000;
        for (const { one } of sent) {
          now += (waits.next().value ?? 1) * 1_000;
          ring(set, now);
          const before = set.all("ticket").length;
          const again = timesReopened(set);
          const wasOver = set.all("ticket").length > 0 && set.all("ticket").every(({ state }) => state === "resolved");
          set.hear(now, verdict({ ...one, arrivedAt: now, since: one.at }));
          if (wasOver && one.state === "anomalous" && set.all("ticket").length === before) {
            if (timesReopened(set) === again) seen.counted++;
            else seen.reopened++;
          }
          if (next(2) === 0) mendAll(set, now);
          if (closes && next(3) === 0)
            for (const { id, state } of set.all("ticket")) if (state === "resolved") set.say(now, { type: "close", ticket: id, by: "desk" });
          const open = set.all("ticket").filter(({ state }) => !["resolved", "closed", "cancelled"].includes(state));
          expect(new Set(open.map(({ faultMode }) => faultMode)).size, "one open job for each fault").toBe(open.length);
        }
        const alarms = set.all("alarm");
        for (const { id, ticket, episode: of } of alarms) {
          // Only what was closed is followed: without that, an episode has one ticket for ever.
          const jobs = set.all("ticket").filter((job) => job.alarm === id || job.alarms?.includes(id) === true);
          expect(ticket, of).toBeDefined();
          expect(jobs.filter(({ follows }) => follows === undefined).length, of).toBeLessThanOrEqual(1);
          if (!closes) expect(jobs, of).toHaveLength(1);
          seen.followed += jobs.filter(({ follows }) => follows !== undefined).length;
        }
        for (const { follows } of set.all("ticket")) if (follows !== undefined) expect(set.world.view.get("ticket", follows)?.state).toBe("closed");
        expect(alarms.reduce((sum, { repeats }) => sum + repeats + 1, 0)).toBe(sent.filter(({ one }) => one.state === "anomalous").length);
      },
    ),
    { seed: 20_261_122, numRuns: 200 },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20);
});

test("T19 what is told late neither raises what cleared nor clears what came back", () => {
  const set = stage(scenario, []);
  set.hear(START + 10, verdict({ at: START + 10 }));
  set.hear(START + 30, verdict({ at: START + 30, state: "normal" }));
  set.hear(START + 31, verdict({ at: START + 20 }));
  expect(set.only("alarm")).toMatchObject({ clearedAt: START + 30, repeats: 1 });
  set.hear(START + 50, verdict({ at: START + 50 }));
  set.hear(START + 51, verdict({ at: START + 30, state: "normal" }));
  expect(set.only("alarm")).not.toHaveProperty("clearedAt");
  expect(set.last().because.at(-1)).toMatchObject({ outcome: "late" });
  set.hear(START + 60, verdict({ at: START + 60, state: "normal" }));
  expect(set.only("alarm")).toMatchObject({ clearedAt: START + 60 });
  expect(set.all("ticket")).toHaveLength(1);
});
