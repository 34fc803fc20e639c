/**
 * In which major's words the lines of a log are. From the position at which a newer major is published on, a stream takes, keeps and tells in
 * its words; what was logged before is read through the lens. `upgrade.ts` puts the rows into them.
 */
import type { Lens } from "../../contracts/delta/lens.ts";
import type { Forms, PublishedForm } from "./admission.ts";

/** `position`: of the last line in words older than `major`'s. `after`: key of the last row that is in the newer ones; null: all are. */
export type Upgrade = {
  readonly subject: string;
  readonly from: number;
  readonly major: number;
  readonly position: number;
  readonly after: string | null;
};

/** What begins when `major` is published where `before` was the newest; null: nothing. */
export function upgradeFrom(subject: string, before: number | undefined, major: number, position: number): Upgrade | null {
  return before === undefined || major <= before ? null : { subject, from: before, major, position, after: "" };
}

/** What is not done yet, in the order in which it began. */
export function openUpgrades(upgrades: readonly Upgrade[]): readonly Upgrade[] {
  return upgrades.filter(({ after }) => after !== null).toSorted((a, b) => a.position - b.position || a.major - b.major);
}

/** From the words in which the line at a position was written to those of today; undefined: they are the same. */
export function lineLens(forms: Forms, subject: string, position: number): Lens | undefined {
  const older = forms.upgrades(subject).filter((upgrade) => position <= upgrade.position);
  const newest = forms.published(subject).at(-1);
  if (older.length === 0 || newest === undefined) return undefined;
  return lensBetween(forms.published(subject), Math.min(...older.map(({ from }) => from)), newest.major) ?? undefined;
}

/** Null when a step is missing. */
export function lensBetween(published: readonly PublishedForm[], from: number, to: number): Lens | null {
  const steps: Lens = [];
  for (let major = from + 1; major <= to; major++) {
    const lens = published.find((form) => form.major === major)?.lens;
    if (lens === undefined) return null;
    steps.push(...lens);
  }
  return steps;
}
