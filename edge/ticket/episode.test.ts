/** One ticket for each fault episode, whatever becomes of its alarms on the way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FAMILIES } from "../../contracts/entity.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { scenarioOf, stage, verdict } from "../sim/cast.ts";
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
        const of = tickets.filter((ticket) => ticket.alarm === standing[0]?.id);
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
