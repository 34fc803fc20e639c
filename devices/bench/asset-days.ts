/**
 * What an owner feels: jobs for nothing on healthy machines, and faults found before the machine fails, through the product's own path. Nothing is
 * fitted on these machines: the model was made on recordings of a real pump, tolerances and times are from standards. Seeds below
 * SEED_REPORTED were looked at while the rules were written; what is reported is of SEED_REPORTED, which was not.
 */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { BOUNDS } from "./asset-days-bounds.ts";
import { OURS, TOGETHER, type Done, type Lived, type Opened, type Piece } from "./asset-days-work.ts";
import { poissonInterval, wilsonInterval } from "./interval.ts";
import { quantile } from "./machine.ts";
import { atLeast, atMost, type Section, type SectionOptions, tableOfRows } from "./verdict-section.ts";

const SEED_REPORTED = 6_061;
const MONTH_DAYS = 30.4;
/** Of one healthy life. */
const LIFE_DAYS = 10;
const LIFE_DAYS_MIN = 0.25;
/** Peers run on some lives only, since each of them costs as much again: so many healthy days, and so many faults. */
const PEERS_DAYS = 50;
const PEERS_FAULTS = 24;
const FALSE_MAX = 0.3;
const FOUND_MIN = 0.95;

export type AssetDaysOptions = {
  readonly days: number;
  /** Injected, of all kinds in turn; as many sensors fail as a fifth of it. */
  readonly faults: number;
  readonly seed?: number;
  readonly processes?: number;
  /** Bounds alone, of many days. */
  readonly bounds?: true;
};
type Rate = { readonly events: number; readonly days: number; readonly perMonth: number; readonly interval: readonly [number, number] };
type Found = {
  readonly found: number;
  readonly of: number;
  readonly interval: readonly [number, number];
  readonly leadHoursP50: number;
  readonly leadHoursP10: number;
  /** Of the course from onset to failure that was left. */
  readonly leftP50: number;
};
export type AssetDays = {
  readonly seed: number;
  readonly rows: number;
  readonly cpuUsPerRow: number;
  readonly alarmsPerDay: number;
  /** Jobs for nothing, by who would have opened them. */
  readonly false: Readonly<Record<string, Rate>>;
  /** What led to ours. */
  readonly causes: Readonly<Record<string, number>>;
  readonly sensors: Rate;
  readonly found: Readonly<Record<string, Found>>;
  readonly all: Readonly<Record<string, Found>>;
  readonly raisedBy: Readonly<Record<string, number>>;
  readonly unfinished: number;
};

export async function benchAssetDays(
  { days, faults, seed = SEED_REPORTED, processes, bounds }: AssetDaysOptions,
  tell: (line: string) => void,
): Promise<AssetDays> {
  const at = processes ?? Math.min(2, availableParallelism());
  const done = await run(bounds === true ? boundsPieces(seed, days, faults, at) : allPieces(seed, days, faults, at), at, tell);
  const lives = done.flatMap((one) => one.lives);
  const rows = done.reduce((sum, one) => sum + one.rows, 0);
  const healthy = lives.filter(({ kind }) => kind === "healthy");
  const sensors = lives.filter(({ kind }) => kind === "sensor");
  const failed = lives.filter(({ kind, failedAt }) => kind === "fault" && failedAt >= 0);
  const ran = (name: string) => (life: Lived) => name in life.tickets;
  const names = [...new Set(lives.flatMap(({ tickets }) => Object.keys(tickets)))];
  const ours = names[0] ?? OURS;
  const kinds = [...new Set(failed.flatMap(({ fault }) => fault ?? []))].toSorted();
  return {
    seed,
    rows,
    cpuUsPerRow: (1_000 * done.reduce((sum, one) => sum + one.cpuMs, 0)) / rows,
    alarmsPerDay: healthy.reduce((sum, one) => sum + one.alarms, 0) / daysOf(healthy),
    false: Object.fromEntries(names.map((name) => [name, rateOf(healthy.filter(ran(name)), name)])),
    causes: countOf(healthy.flatMap(({ tickets }) => (tickets[ours] ?? []).map(causeOf))),
    sensors: rateOf(sensors, ours),
    found: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        foundOf(
          failed.filter(({ fault }) => fault === kind),
          ours,
        ),
      ]),
    ),
    all: Object.fromEntries(names.map((name) => [name, foundOf(failed.filter(ran(name)), name)])),
    raisedBy: countOf(failed.flatMap((life) => firstAfter(life, ours)?.rule ?? [])),
    unfinished: lives.filter(({ kind, failedAt }) => kind === "fault" && failedAt < 0).length,
  };
}

/** The longest pieces first, so that processes end together. A few days are short lives, so that a call of the model still has many rows. */
function allPieces(seed: number, days: number, faults: number, processes: number): readonly Piece[] {
  const [peersDays, peersFaults] = [Math.min(days, PEERS_DAYS), Math.min(faults, PEERS_FAULTS)];
  const lifeDays = (of: number): number => Math.min(LIFE_DAYS, Math.max(LIFE_DAYS_MIN, of / TOGETHER));
  const [besides, rest] = [lifeDays(peersDays), lifeDays(days - peersDays)];
  const [beside, lives] = [Math.ceil(peersDays / besides), Math.ceil((days - peersDays) / rest)];
  return [
    ...piecesOf({ kind: "healthy", seed, from: 0, count: lives, days: rest, peers: false }, processes),
    ...piecesOf({ kind: "fault", seed, from: peersFaults, count: faults - peersFaults, days: 0, peers: false }, processes),
    ...piecesOf({ kind: "healthy", seed, from: lives, count: beside, days: besides, peers: true }, processes),
    ...piecesOf({ kind: "fault", seed, from: 0, count: peersFaults, days: 0, peers: true }, processes),
    ...piecesOf({ kind: "sensor", seed, from: 0, count: Math.ceil(faults / 5), days: 0, peers: false }, processes),
  ];
}

function boundsPieces(seed: number, days: number, faults: number, processes: number): readonly Piece[] {
  const lifeDays = Math.min(LIFE_DAYS, days);
  const piece = { seed, from: 0, days: lifeDays, peers: false, bounds: true } as const;
  return [
    ...piecesOf({ ...piece, kind: "fault", count: faults }, processes),
    ...piecesOf({ ...piece, kind: "sensor", count: Math.ceil(faults / 5) }, processes),
    ...piecesOf({ ...piece, kind: "healthy", count: Math.ceil(days / lifeDays) }, processes),
  ];
}

/** One for each process. */
function piecesOf(piece: Piece, processes: number): readonly Piece[] {
  const size = Math.max(1, Math.ceil(piece.count / processes));
  return Array.from({ length: Math.ceil(piece.count / size) }, (_, i) => ({
    ...piece,
    from: piece.from + i * size,
    count: Math.min(size, piece.count - i * size),
  }));
}

async function run(pieces: readonly Piece[], processes: number, tell: (line: string) => void): Promise<readonly Done[]> {
  const done: Done[] = [];
  const waiting = [...pieces];
  await Promise.all(
    Array.from({ length: Math.min(processes, pieces.length) }, async () => {
      const worker = fork(fileURLToPath(new URL("./asset-days-worker.ts", import.meta.url)), { serialization: "advanced" });
      try {
        for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
          const one = await ask(worker, piece);
          done.push(one);
          const found = one.lives.filter((life) => firstAfter(life, OURS) !== undefined).length;
          const jobs = one.lives.reduce((sum, { tickets }) => sum + (tickets[OURS]?.length ?? 0), 0);
          tell(
            `asset-days: ${done.length} of ${pieces.length} pieces, ${one.lives.length} ${piece.kind} lives, ${jobs} jobs${piece.kind === "fault" ? `, ${found} found` : ""}, ${((1_000 * one.cpuMs) / one.rows).toFixed(1)} µs a row`,
          );
        }
      } finally {
        worker.kill();
      }
    }),
  );
  return done;
}

async function ask(worker: ChildProcess, piece: Piece): Promise<Done> {
  return await new Promise((resolve, reject) => {
    const fail = (code: number | Error | null): void => reject(code instanceof Error ? code : new Error(`a process of asset-days ended with ${code}`));
    worker.once("exit", fail);
    worker.once("error", fail);
    worker.once("message", (done) => {
      worker.off("exit", fail);
      worker.off("error", fail);
      resolve(done as Done);
    });
    worker.send(piece);
  });
}

function daysOf(lives: readonly Lived[]): number {
  return lives.reduce((sum, { days }) => sum + days, 0);
}

/** Where a sensor fails, every job is for nothing. */
function rateOf(lives: readonly Lived[], name: string): Rate {
  const events = lives.reduce((sum, { tickets }) => sum + (tickets[name]?.length ?? 0), 0);
  const days = daysOf(lives);
  return { events, days, perMonth: (events / days) * MONTH_DAYS, interval: poissonInterval(events, days / MONTH_DAYS) };
}

function firstAfter({ tickets, onsetAt, failedAt }: Lived, name: string): Opened | undefined {
  return tickets[name]?.find(({ at }) => at >= onsetAt && at < failedAt);
}

function foundOf(lives: readonly Lived[], name: string): Found {
  const leads = lives.flatMap((life) => {
    const first = firstAfter(life, name);
    return first === undefined ? [] : [{ ms: life.failedAt - first.at, part: (life.failedAt - first.at) / (life.failedAt - life.onsetAt) }];
  });
  const hours = leads.map(({ ms }) => ms / 3_600_000);
  return {
    found: leads.length,
    of: lives.length,
    interval: wilsonInterval(leads.length, lives.length),
    leadHoursP50: quantile(hours, 0.5),
    leadHoursP10: quantile(hours, 0.1),
    leftP50: quantile(
      leads.map(({ part }) => part),
      0.5,
    ),
  };
}

function causeOf({ rule, channels }: Opened): string {
  return `${rule}: ${channels.join(" + ")}`;
}

function countOf(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]).toSorted((a, b) => Number(b[1]) - Number(a[1])));
}

export function tableOfAssetDays(measured: AssetDays): string {
  const percent = (of: number): string => `${(100 * of).toFixed(1)} %`;
  const found = (name: string, { found: hits, of, interval, leadHoursP50, leadHoursP10, leftP50 }: Found): readonly (string | number)[] => [
    name,
    `${hits}/${of}`,
    percent(hits / of),
    `${percent(interval[0])} to ${percent(interval[1])}`,
    leadHoursP50.toFixed(2),
    leadHoursP10.toFixed(2),
    percent(leftP50),
  ];
  const rates = (name: string, { events, days, perMonth, interval }: Rate): readonly (string | number)[] => [
    name,
    events,
    days.toFixed(0),
    perMonth.toFixed(2),
    `${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`,
  ];
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${count} × ${name}`)
      .join(", ") || "none";
  return [
    tableOfRows(
      ["jobs for nothing", "jobs", "asset-days", "a month", "95 %"],
      [...Object.entries(measured.false).map(([name, rate]) => rates(name, rate)), rates("while a sensor fails", measured.sensors)],
    ),
    `they came of ${counts(measured.causes)}; the model alarms ${measured.alarmsPerDay.toFixed(1)} times an asset-day, shown and counted`,
    "",
    tableOfRows(
      ["faults before failure", "found", "", "95 %", "lead h p50", "p10", "of its course left"],
      [
        ...Object.entries(measured.found).map(([name, one]) => found(name, one)),
        ...Object.entries(measured.all).map(([name, one]) => found(`all, ${name}`, one)),
      ],
    ),
    `raised by ${counts(measured.raisedBy)}; ${measured.unfinished} machines had not failed after six days and count nowhere`,
    `seed ${measured.seed}, ${(measured.rows / 1e6).toFixed(1)} million rows, ${measured.cpuUsPerRow.toFixed(1)} µs of processor time each, simulator and peers included`,
  ].join("\n");
}

/** Its bounds on a sample, for `bench verdict`: about two minutes of an idle core. */
export async function assetDaysSection({ tell }: SectionOptions): Promise<Section> {
  return sectionOf(await benchAssetDays({ days: 100, faults: 60, bounds: true }, tell));
}

export function sectionOf(measured: AssetDays): Section {
  // Of bounds each against what was asked is the worse one.
  const [rate, found] = [measured.false[OURS] ?? measured.false[BOUNDS[0]], measured.all[OURS] ?? measured.all[BOUNDS[1]]];
  return {
    section: "asset-days",
    title: "healthy machines with load steps, starts, drop-outs and seasons, and faults from onset to failure",
    asked: [
      atMost("jobs for nothing in an asset-month", FALSE_MAX, rate?.perMonth ?? Number.NaN, 2, `(${rate?.interval.map((one) => one.toFixed(2)).join(" to ")})`),
      atLeast(
        "faults found before functional failure",
        FOUND_MIN,
        (found?.found ?? 0) / (found?.of ?? 0),
        3,
        `(${found?.interval.map((one) => one.toFixed(3)).join(" to ")})`,
      ),
    ],
    table: tableOfAssetDays(measured),
    figures: measured,
  };
}
