/** Bugs planted in what both sides share: merge rules, clocks, lenses, records. */
import type { Mutant } from "./mutant.ts";

export const CONTRACT_MUTANTS: readonly Mutant[] = [
  {
    name: "dirty cell not repaired",
    file: "contracts/delta/record.ts",
    plants: "what a repair finds does not replace the cell at hand",
    from: "const cells = { ...Object.fromEntries(kept), ...difference.cells };",
    to: "const cells = { ...difference.cells, ...Object.fromEntries(kept) };",
    seed: 3,
  },
  {
    name: "dropped cell stays",
    file: "contracts/delta/record.ts",
    plants: "an attribute that the hub does not have stays in the copy",
    from: "const kept = Object.entries(record.cells).filter(([attr]) => !difference.drop.includes(attr));",
    to: "const kept = Object.entries(record.cells);",
    seed: 6,
  },
  {
    name: "older line overwrites",
    file: "contracts/delta/record.ts",
    plants: "a cell that is heard late replaces a newer one",
    from: "if (was !== undefined && !isNewer(cell, was)) return record;",
    to: "",
    seed: 3,
  },
  {
    name: "manual keeps the later one",
    file: "contracts/delta/merge.ts",
    plants: "a conflict that a person ought to settle is decided by the clock",
    from: `    case "manual":
      return keepBoth(cell, write);`,
    to: `    case "manual":
      return inConflict(cell, write) ? later(cell, write) : holds(write);`,
    seed: 3,
  },
  {
    name: "manual loses a third value",
    file: "contracts/delta/merge.ts",
    plants: "of three values in conflict two are kept",
    from: "held: beside }, reason:",
    to: "held: beside.slice(0, 1) }, reason:",
    seed: 3,
  },
  {
    name: "conflict across epochs overlooked",
    file: "contracts/delta/merge.ts",
    plants: "a version of a later epoch counts as seen by its number alone",
    from: "return (one.epoch ?? 1) > (write.baseEpoch ?? 1) || write.baseVersion < one.version;",
    to: "return write.baseVersion < one.version;",
    seed: 27,
  },
  {
    name: "lww tie-break lost",
    file: "contracts/delta/merge.ts",
    plants: "of two writes at the very same instant the one that comes later holds",
    from: "return a.hlc === b.hlc ? a.origin > b.origin : a.hlc > b.hlc;",
    to: "return a.hlc >= b.hlc;",
    seed: 5,
  },
  {
    name: "sides swapped",
    file: "contracts/delta/merge.ts",
    plants: "the hub's write holds where the unit's ought to",
    from: "return decideBySide(cell, write, (origin) => !origin.startsWith(HUB_ORIGIN));",
    to: "return decideBySide(cell, write, (origin) => origin.startsWith(HUB_ORIGIN));",
    seed: 5,
  },
  {
    name: "extreme is the last",
    file: "contracts/delta/merge.ts",
    plants: "the last number holds, not the greatest or the least",
    from: 'return beats(write.value, cell.value) ? holds(write) : { outcome: "lost", reason: "not-beyond" };',
    to: 'return beats(write.value, cell.value) || inConflict(cell, write) ? holds(write) : { outcome: "lost", reason: "not-beyond" };',
    seed: 3,
  },
  {
    name: "set replaced",
    file: "contracts/delta/merge.ts",
    plants: "members that others added are replaced",
    from: "const members = new Map([...was, ...write.value].map((member) => [canonical(member), member]));",
    to: "const members = new Map([...write.value].map((member) => [canonical(member), member]));",
    seed: 3,
  },
  {
    name: "version skipped",
    file: "contracts/delta/merge.ts",
    plants: "the version of an entity rises by two after a deletion",
    from: "return merge({ version: record.version, since: sinceOf(record.deleted), cells: {} }, write, rule, epoch);",
    to: "return merge({ version: record.version + 1, since: sinceOf(record.deleted), cells: {} }, write, rule, epoch);",
    seed: 3,
  },
  {
    name: "lens the wrong way",
    file: "contracts/delta/lens.ts",
    plants: "a quantity is converted in the wrong direction",
    from: 'now = direction === "up" ? sum(',
    to: 'now = direction === "down" ? sum(',
    seed: 3,
  },
  {
    name: "lens does not lead back",
    file: "contracts/delta/lens.ts",
    plants: "a name is not translated back",
    from: `export function attrThrough(lens: Lens, attr: string, direction: Direction): string {
  return stepsOf(lens, direction).reduce((name, step) => {
    if (step.step !== "rename") return name;`,
    to: `export function attrThrough(lens: Lens, attr: string, direction: Direction): string {
  return stepsOf(lens, direction).reduce((name, step) => {
    if (step.step !== "rename" || direction === "down") return name;`,
    seed: 3,
  },
];
