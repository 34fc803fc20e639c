/** The demo site in Changsha: twelve machines of three customers and the six engineers around them. Names and numbers are invented. */
import { Asset, Repair } from "../../contracts/asset.ts";
import { Customer } from "../../contracts/customer.ts";
import { Device } from "../../contracts/device.ts";
import { Engineer } from "../../contracts/engineer.ts";
import type { Place } from "../../contracts/instant.ts";
import type { MachineKind } from "./plate.ts";
import { between, randomOf, shuffled } from "./random.ts";
import { REPAIRS } from "./repair.ts";
import { routeOf, type Route } from "./route.ts";

const DAY_MS = 86_400_000;

export type DemoSite = {
  readonly assets: readonly Asset[];
  readonly devices: readonly Device[];
  readonly customers: readonly Customer[];
  readonly engineers: readonly Engineer[];
  readonly repairs: readonly Repair[];
};

/** Everything that a demo's unit begins with but the devices' baselines, which `fleet.ts` adds. `seed` chooses the past; machines and people are always the same. */
export function bareSite(seed: number, now: number): DemoSite {
  return {
    assets: MACHINES.map((machine) =>
      Asset.parse({
        id: machine.asset,
        name: machine.name,
        kind: machine.kind,
        model: machine.model,
        customer: machine.customer,
        position: machine.at,
        moves: machine.route !== null,
        installedAt: now - Math.round(between(randomOf(seed, machine.asset), 2, 6) * 365) * DAY_MS,
      }),
    ),
    devices: MACHINES.map((machine) =>
      Device.parse({ id: machine.device, asset: machine.asset, profile: "pump", name: `${machine.name} · 监测`, position: machine.at, addedAt: now }),
    ),
    customers: CUSTOMERS.map((customer) => Customer.parse(customer)),
    engineers: ENGINEERS.map((engineer) => Engineer.parse(engineer)),
    repairs: MACHINES.flatMap((machine) => repairsOf(machine.asset, ENGINEERS, seed, now)),
  };
}

/** What a device of the site is; a device that is not of the site is taken for a pump. */
export function machineOf(device: string): { readonly kind: MachineKind; readonly route: Route | null } {
  const machine = MACHINES.find((each) => each.device === device);
  return { kind: machine?.kind ?? "pump", route: machine?.route ?? null };
}

/** Two to four repairs that lie behind a machine, each by somebody who could do it. */
export function repairsOf(
  asset: string,
  engineers: readonly { readonly id: string; readonly skills: readonly string[] }[],
  seed: number,
  now: number,
): readonly Repair[] {
  const random = randomOf(seed, `repairs/${asset}`);
  const count = 2 + Math.floor(random() * 3);
  let daysAgo = between(random, 15, 60);
  return shuffled(REPAIRS, random)
    .slice(0, count)
    .map((repair, i) => {
      const doneAt = Math.round(now - daysAgo * DAY_MS);
      daysAgo += between(random, 60, 160);
      const able = engineers.filter((engineer) => repair.skills.every((skill) => engineer.skills.includes(skill)));
      const engineer = able[Math.floor(random() * able.length)];
      return Repair.parse({
        id: `${asset}-r${i + 1}`,
        asset,
        faultMode: repair.faultMode,
        cause: repair.cause,
        action: repair.action,
        parts: repair.parts,
        ...(engineer === undefined ? {} : { engineer: engineer.id }),
        doneAt,
      });
    });
}

type Listed = {
  readonly asset: string;
  readonly device: string;
  readonly name: string;
  readonly kind: MachineKind;
  readonly model: string;
  readonly customer: string;
  readonly at: Place;
  readonly route: Route | null;
};

const CUSTOMERS = [
  { id: "yuelu-water", name: "岳麓供水有限公司", contact: { person: "周女士", phone: "0731-5550-0101" } },
  { id: "xingsha-materials", name: "星沙建材有限公司", contact: { person: "何先生", phone: "0731-5550-0102" } },
  { id: "xiangjiang-concrete", name: "湘江混凝土泵送有限公司", contact: { person: "唐先生", phone: "0731-5550-0103" } },
];

const MACHINES: readonly Listed[] = [
  pump(101, "橘洲一号增压泵", "DFSS300", "yuelu-water", 28.1962, 112.9637),
  pump(102, "橘洲二号增压泵", "DFSS300", "yuelu-water", 28.1948, 112.9629),
  pump(103, "银盆岭取水泵", "DFSS400", "yuelu-water", 28.2265, 112.9573),
  pump(104, "猴子石取水泵", "DFSS400", "yuelu-water", 28.1579, 112.9589),
  pump(105, "星沙循环水泵", "ISW200", "xingsha-materials", 28.2466, 113.0796),
  pump(106, "星沙冷却泵", "ISW150", "xingsha-materials", 28.2451, 113.0821),
  pump(107, "榔梨料浆泵", "ZJ150", "xingsha-materials", 28.1921, 113.1302),
  pump(108, "高桥消防泵", "XBD8", "xingsha-materials", 28.1893, 113.0327),
  truck(201, "湘江一号泵车", "五一大道"),
  truck(202, "湘江二号泵车", "芙蓉路"),
  truck(203, "湘江三号泵车", "潇湘大道"),
  truck(204, "湘江四号泵车", "三一大道"),
];

function pump(number: number, name: string, model: string, customer: string, lat: number, lon: number): Listed {
  return { asset: `P-${number}`, device: `pump-${number}`, name: `${name} P-${number}`, kind: "pump", model, customer, at: { lat, lon }, route: null };
}

function truck(number: number, name: string, street: string): Listed {
  const route = routeOf(street);
  return {
    asset: `T-${number}`,
    device: `truck-${number}`,
    name: `${name} T-${number}`,
    kind: "pump-truck",
    model: "SYM-49",
    customer: "xiangjiang-concrete",
    at: route.places[0] ?? { lat: 28.2282, lon: 112.9388 },
    route,
  };
}

const DAILY = [1, 2, 3, 4, 5, 6, 7];
/** Eight hours on duty and eight on call. Each third of the day two of the six are away, and no two who lack the same are left together. */
const EARLY = [
  { days: DAILY, from: 8 * 60, to: 16 * 60 },
  { days: DAILY, from: 16 * 60, to: 1_440 },
];
const LATE = [
  { days: DAILY, from: 16 * 60, to: 1_440 },
  { days: DAILY, from: 0, to: 8 * 60 },
];
const NIGHT = [
  { days: DAILY, from: 0, to: 8 * 60 },
  { days: DAILY, from: 8 * 60, to: 16 * 60 },
];

/** Also the pattern of larger sites. */
export const ENGINEERS = [
  {
    id: "li-wei",
    name: "李伟",
    skills: ["mechanical", "bearings", "hydraulics", "electrical"],
    shifts: EARLY,
    home: { lat: 28.2131, lon: 112.9866 },
    locatable: true,
  },
  { id: "wang-fang", name: "王芳", skills: ["mechanical", "bearings", "hydraulics"], shifts: EARLY, home: { lat: 28.1782, lon: 112.9407 }, locatable: true },
  {
    id: "zhang-min",
    name: "张敏",
    skills: ["mechanical", "bearings", "hydraulics", "electrical"],
    shifts: LATE,
    home: { lat: 28.2389, lon: 113.0581 },
    locatable: true,
  },
  { id: "liu-yang", name: "刘洋", skills: ["mechanical", "bearings", "electrical"], shifts: LATE, home: { lat: 28.1496, lon: 113.0004 }, locatable: true },
  { id: "chen-jie", name: "陈杰", skills: ["mechanical", "hydraulics", "electrical"], shifts: NIGHT, home: { lat: 28.2317, lon: 112.9124 }, locatable: true },
  {
    id: "zhao-lei",
    name: "赵磊",
    skills: ["mechanical", "bearings", "hydraulics", "electrical"],
    shifts: NIGHT,
    home: { lat: 28.1874, lon: 113.0719 },
    locatable: true,
  },
];
