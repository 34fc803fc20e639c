/**
 * Which releases a unit is told of, and what it has still to do for them. A unit hears of a release until it has begun it; afterwards only of
 * what people ask. What it says of itself stands over what it said before.
 */
import type { Millis } from "../../contracts/instant.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { Release, ReleaseAsk, ReleaseState } from "../../contracts/release.ts";
import type { NewRelease } from "./asked.ts";

export type KeptAsk = ReleaseAsk & { readonly units?: readonly string[]; readonly why?: string };
/** `closed`: when no unit begins it any more, and by whom. */
export type KeptRelease = Readonly<Omit<NewRelease, "id">> & {
  readonly id: string;
  readonly at: Millis;
  readonly by: string;
  readonly closed?: { readonly at: Millis; readonly by: string };
  readonly asks: readonly KeptAsk[];
};

export function isOver(state: ReleaseState["state"]): boolean {
  return state === "refused" || state === "ended";
}

export function concerns({ profile, units }: Pick<KeptRelease, "profile" | "units">, unit: string, profiles: readonly string[]): boolean {
  return profiles.includes(profile) && (units === undefined || units.some((one) => one === unit));
}

export type Unit = {
  readonly unit: string;
  readonly profiles: readonly string[];
  /** What it says now, by release. */
  readonly says: ReadonlyMap<string, ReleaseState>;
  /** What it said last, or was told and has not said anything of, by release. */
  readonly said: ReadonlyMap<string, ReleaseState>;
};

/**
 * What a unit says of a release, as it is noted: with the last ask that it dealt with. One that runs what was over with it was put back to before
 * that, and has done of what was asked only what it says.
 */
export function noted(before: ReleaseState | undefined, says: ReleaseState): ReleaseState {
  const isPutBack = before !== undefined && isOver(before.state) && !isOver(says.state);
  return { ...says, answered: Math.max(says.answered ?? 0, isPutBack ? 0 : (before?.answered ?? 0)) };
}

/** Of one that has not begun: a person has said that this unit, by name, is not to. */
function isCalledOff({ asks }: KeptRelease, unit: string): boolean {
  return asks.some(({ type, units }) => type !== "promote" && units?.includes(unit) === true);
}

/** What a unit is to be told. `begins`: releases that it hears of for the first time, with the last ask that was made before: that is none of its own. */
export type Due = { readonly releases: readonly Release[]; readonly begins: readonly { readonly release: KeptRelease; readonly answered: number }[] };

export function dueFor(of: Unit, releases: readonly KeptRelease[], cardOf: (hash: string) => ModelCard | undefined): Due {
  const due: Release[] = [];
  const begins: Due["begins"][number][] = [];
  for (const release of releases) {
    const card = cardOf(release.hash);
    if (card === undefined || !concerns(release, of.unit, of.profiles)) continue;
    const says = of.says.get(release.id);
    const said = of.said.get(release.id);
    // A unit that was put back to before it began, and says nothing of it, begins again.
    const isNew = says === undefined && (said === undefined || !isOver(said.state));
    const waits = isNew ? release.closed === undefined && !isCalledOff(release, of.unit) : says?.state === "waiting" || says?.state === "fetching";
    const last = release.asks.at(-1)?.n ?? 0;
    if (isNew && waits && said === undefined) begins.push({ release, answered: last });
    const answered = says?.answered ?? said?.answered ?? (isNew ? last : 0);
    const asks = isNew ? [] : release.asks.filter(({ n, units }) => n > answered && (units === undefined || units.includes(of.unit)));
    if (waits || asks.length > 0) due.push(toldAs(release, card, asks));
  }
  return { releases: due, begins };
}

function toldAs({ id, profile, wanted, share, bounds, at, by }: KeptRelease, card: ModelCard, asks: readonly KeptAsk[]): Release {
  return {
    id,
    card,
    profile,
    wanted: wanted ?? "shadow",
    ...(share === undefined ? {} : { share }),
    ...(bounds === undefined ? {} : { bounds }),
    at,
    by,
    ...(asks.length === 0 ? {} : { asks: asks.map(({ units: _units, why: _why, ...one }) => one) }),
  };
}

/** `shift-2-pump`, or with a number behind it where that is taken. */
export function nameOf({ name, version }: ModelCard, profile: string, isTaken: (id: string) => boolean): string {
  const slug = `${name}-${version}-${profile}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 90)
    .replaceAll(/^-+|-+$/g, "");
  for (let n = 1; ; n++) {
    const id = n === 1 ? slug : `${slug}.${n}`;
    if (!isTaken(id)) return id;
  }
}
