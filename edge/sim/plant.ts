/** What a run begins with, drawn from its seed: a scenario's variant, assets with their devices, engineers, and the faults to come. */
import type { Change } from "../../contracts/entity.ts";
import { Asset } from "../../contracts/asset.ts";
import { Engineer } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import { Scenario } from "../../contracts/scenario.ts";
import { Verdict } from "../../contracts/verdict.ts";
import type { Random } from "./random.ts";

export type Plant = {
  readonly scenario: Scenario;
  readonly changes: readonly Change[];
  /** Transitions of each device in the order in which its Intake makes them, with the instant of each. */
  readonly lines: readonly (readonly Transition[])[];
};
export type Transition = { readonly at: Millis; readonly verdict: Verdict };

/** Monday 2025-11-24, 00:00 UTC. */
export const START: Millis = 1_763_942_400_000;
const MINUTE_MS = 60_000;
const MODEL = "ab".repeat(32);

export function drawPlant(random: Random, template: Scenario): Plant {
  const scenario = Scenario.parse({
    ...template,
    dispatch: { ...template.dispatch, roundsMax: random.between(1, 3) },
    autonomy: random.chance(0.3)
      ? { ticket: random.pick(["act", "confirm"]), offer: random.pick(["act", "suggest"]), reserve: random.pick(["act", "confirm"]) }
      : template.autonomy,
    connectors: random.chance(0.9) ? { wms: { url: "http://127.0.0.1:1/" } } : {},
    kind: random.chance(0.1) ? "sandbox" : "live",
  });
  const assets = Array.from({ length: random.between(1, 5) }, (_, i) =>
    Asset.parse({
      id: `pump-${i}`,
      name: `Pump ${i}`,
      kind: "pump",
      model: "P-180",
      customer: "acme",
      position: near(random, scenario),
      moves: false,
      installedAt: START,
    }),
  );
  const skills = ["mechanical", "bearings", "hydraulics", "electrical"];
  const engineers = Array.from({ length: random.between(0, 5) }, (_, i) =>
    Engineer.parse({
      id: `engineer-${i}`,
      name: `Name Of ${i}`,
      skills: random.chance(0.6) ? skills : skills.filter(() => random.chance(0.5)),
      home: near(random, scenario),
      locatable: random.chance(0.5),
      shifts: random.chance(0.6)
        ? [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }]
        : [{ days: [1, 2, 3, 4, 5], from: random.pick([480, 1320, 0]), to: random.pick([1020, 360, 1440]) }],
    }),
  );
  const devices = assets.flatMap((asset) => Array.from({ length: random.between(1, 2) }, (_, i) => ({ asset: asset.id, device: `${asset.id}-${i}` })));
  return {
    scenario,
    changes: [
      ...assets.map((after) => ({ family: "asset", id: after.id, after }) as const),
      ...engineers.map((after) => ({ family: "engineer", id: after.id, after }) as const),
    ],
    lines: devices.map(({ asset, device }) => episodes(random, asset, device)),
  };
}

function near(random: Random, scenario: Scenario) {
  const { lat, lon } = scenario.site.place;
  return { lat: lat + random.next() * 0.3, lon: lon + random.next() * 0.3 };
}

function episodes(random: Random, asset: string, device: string) {
  let at = START + random.between(0, 20 * 60) * MINUTE_MS;
  const count = random.between(1, 2);
  return Array.from({ length: count }, (_, n) => {
    const evidence = random.pick([
      [
        { channel: "vibration.a.rms", share: 0.7 },
        { channel: "vibration.b.rms", share: 0.3 },
      ],
      [{ channel: "flow", share: 0.9 }],
      [{ channel: "temperature.motor", share: 1 }],
      [],
    ]);
    const since = at;
    let absorbed = 0;
    const begins = ["suspect", "anomalous", ...repeats(random)];
    // The last one may stand until a repair helps.
    const stands = n === count - 1 && random.chance(0.2);
    const states = stands ? begins : [...begins, "normal", ...(random.chance(0.3) ? ["anomalous", "normal"] : [])];
    let fresh = random.chance(0.8);
    const line = states.map((state, i) => {
      at += i >= begins.length && random.chance(0.3) ? random.between(1, 6 * 60) * MINUTE_MS : random.between(1, 300) * 1_000;
      absorbed += random.between(0, 3);
      const verdict = Verdict.parse({
        device,
        asset,
        episode: `${device}:${n}`,
        state,
        at: fresh ? at : at - 600_000,
        arrivedAt: at,
        since,
        score: state === "normal" ? 0.1 : 0.9,
        evidence,
        model: MODEL,
        fresh,
        absorbed,
      });
      fresh ||= random.chance(0.7);
      return { at, verdict };
    });
    at += random.between(5, 600) * MINUTE_MS;
    return line;
  }).flat();
}

function repeats(random: Random): string[] {
  return Array.from({ length: random.between(0, 2) }, () => random.pick(["anomalous", "suspect"]));
}
