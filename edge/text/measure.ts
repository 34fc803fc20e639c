/** How well vectors tell labelled notes apart: by their nearest neighbours, and by the groups that they fall into. */

export type Labelled = { readonly mode: string; readonly language: string; readonly note: string };

/** `nearest`: the share whose nearest note has their label; `found`: the share with their label among the nearest `NEAR`. */
export type Hits = { readonly nearest: number; readonly found: number };
export const NEAR = 5;

/** `near`: labels of the nearest notes of each, the nearest first. */
export function hitsOf(labels: readonly string[], near: readonly (readonly string[])[]): Hits {
  const share = (hit: (label: string, its: readonly string[]) => boolean): number =>
    labels.length === 0 ? 0 : labels.filter((label, i) => hit(label, near[i] ?? [])).length / labels.length;
  return { nearest: share((label, [first]) => first === label), found: share((label, its) => its.slice(0, NEAR).includes(label)) };
}

/**
 * How far groups and labels are the same partition: `rand` corrected for chance (Hubert and Arabie 1985), 1 for the same, 0 as by chance;
 * `v`, the harmonic mean of how pure the groups are and how whole the labels (Rosenberg and Hirschberg 2007), in [0, 1].
 */
export function agreementOf(labels: readonly string[], groups: readonly (readonly number[])[]): { readonly rand: number; readonly v: number } {
  const rows = groups.map((group) => countOf(group.flatMap((i) => labels[i] ?? [])));
  const cells = rows.flatMap((row) => [...row.values()]);
  const sizes = groups.map((group) => group.length);
  const wholes = [...countOf(groups.flat().flatMap((i) => labels[i] ?? [])).values()];
  const total = sum(sizes);
  const [both, ours, theirs, all] = [sum(cells.map(pairs)), sum(sizes.map(pairs)), sum(wholes.map(pairs)), pairs(total)];
  const chance = all === 0 ? 0 : (ours * theirs) / all;
  const most = (ours + theirs) / 2;
  const [joint, inGroups, inLabels] = [entropy(cells, total), entropy(sizes, total), entropy(wholes, total)];
  const pure = inLabels === 0 ? 1 : 1 - (joint - inGroups) / inLabels;
  const whole = inGroups === 0 ? 1 : 1 - (joint - inLabels) / inGroups;
  return { rand: most === chance ? 1 : (both - chance) / (most - chance), v: pure + whole === 0 ? 0 : (2 * pure * whole) / (pure + whole) };
}

/** Rows with the columns mode, language, note, and a head. */
export function readNotes(tsv: string): readonly Labelled[] {
  return tsv
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [mode, language, note] = line.split("\t");
      return mode === undefined || language === undefined || note === undefined ? [] : [{ mode, language, note }];
    });
}

function countOf(labels: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function pairs(n: number): number {
  return (n * (n - 1)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function entropy(counts: readonly number[], total: number): number {
  return sum(counts.map((count) => (count === 0 ? 0 : (-count / total) * Math.log(count / total))));
}
