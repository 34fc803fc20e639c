/** A site of any size: pumps spread around the scenario's place, and engineers around them with the demo's mix of skills and shifts. Names and numbers are invented. */
import { Asset } from "../../contracts/asset.ts";
import { Customer } from "../../contracts/customer.ts";
import { Device } from "../../contracts/device.ts";
import { Engineer } from "../../contracts/engineer.ts";
import type { Place } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { DeviceProfile, Scenario } from "../../contracts/scenario.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { CHANNELS, commission } from "./baseline.ts";
import { between, randomOf } from "./random.ts";
import { ENGINEERS, repairsOf, type DemoSite } from "./site.ts";

/** One engineer for so many machines: 25 for 500, which is the roster that dispatching is measured with. */
const MACHINES_PER_ENGINEER = 20;
/** No fewer than the demo has: with fewer, some hour has nobody for some fault. */
const ENGINEERS_MIN = ENGINEERS.length;
/** A city and its outskirts. */
const RADIUS_M = 20_000;
const M_PER_DEGREE = 111_195;
const CUSTOMERS = 12;
/** Machines that are commissioned together: their 400 rows each wait in memory. */
const COMMISSIONED_TOGETHER = 50;
const DAY_MS = 86_400_000;

/** The profile whose channels simulated machines send. Refuses `breaks-contract` where the scenario has none. */
export function simulatedProfile(scenario: Scenario): DeviceProfile | Refusal {
  const profile = scenario.profiles.find(({ channels }) => channels.map(({ id }) => id as string).join() === CHANNELS.join());
  return (
    profile ?? refuse("breaks-contract", `a profile with the channels ${CHANNELS.join(", ")}`, "take a template for pumps, such as pump-vibration", "template")
  );
}

/** Every device commissioned by `scorer`. `seed` chooses the past; machines and people are always the same. */
export async function park(scenario: Scenario, profile: DeviceProfile, scorer: Scorer, machines: number, seed: number, now: number): Promise<DemoSite> {
  const engineers = crew(scenario, engineersFor(machines));
  const customers = Array.from({ length: Math.min(CUSTOMERS, machines) }, (_, i) => Customer.parse({ id: `customer-${i + 1}`, name: `Customer ${i + 1}` }));
  const bare = Array.from({ length: machines }, (_, i) => {
    const number = String(i + 1).padStart(4, "0");
    const random = randomOf(0, `park/${number}`);
    const position = placeIn(scenario.site.place, random);
    const customer = customers[Math.floor(random() * customers.length)]?.id ?? "";
    return {
      asset: Asset.parse({
        id: `P-${number}`,
        name: `Pump P-${number}`,
        kind: "pump",
        model: "DFSS300",
        customer,
        position,
        moves: false,
        installedAt: now - Math.round(between(random, 2, 6) * 365) * DAY_MS,
      }),
      device: Device.parse({ id: `pump-${number}`, asset: `P-${number}`, profile: profile.id, name: `Pump P-${number}`, position, addedAt: now }),
    };
  });
  const devices: Device[] = [];
  for (let from = 0; from < bare.length; from += COMMISSIONED_TOGETHER) {
    const some = bare.slice(from, from + COMMISSIONED_TOGETHER).map(({ device }) => ({ device, kind: "pump" as const }));
    devices.push(...(await commission(some, scenario, scorer, now)));
  }
  return {
    assets: bare.map(({ asset }) => asset),
    devices,
    customers,
    engineers,
    repairs: bare.flatMap(({ asset }) => repairsOf(asset.id, engineers, seed, now)),
  };
}

export function engineersFor(machines: number): number {
  return Math.max(ENGINEERS_MIN, Math.ceil(machines / MACHINES_PER_ENGINEER));
}

function crew(scenario: Scenario, count: number): readonly Engineer[] {
  return Array.from({ length: count }, (_, i) => {
    const { skills, shifts, locatable } = ENGINEERS[i % ENGINEERS.length] ?? { skills: [], shifts: [], locatable: false };
    const id = `engineer-${String(i + 1).padStart(2, "0")}`;
    return Engineer.parse({ id, name: `Engineer ${i + 1}`, skills, shifts, locatable, home: placeIn(scenario.site.place, randomOf(0, `park/${id}`)) });
  });
}

/** Evenly over a disc. */
function placeIn({ lat, lon }: Place, random: () => number): Place {
  const [angle, radius] = [2 * Math.PI * random(), RADIUS_M * Math.sqrt(random())];
  return {
    lat: round6(lat + (radius * Math.cos(angle)) / M_PER_DEGREE),
    lon: round6(lon + (radius * Math.sin(angle)) / (M_PER_DEGREE * Math.cos((lat * Math.PI) / 180))),
  };
}

function round6(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
