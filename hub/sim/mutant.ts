/**
 * Planted bugs: each is a patch of one shipped file, to see whether the simulator would find it. A mutant is killed by a seed in which a
 * promise is broken with it, and none without it.
 */
export type Mutant = {
  readonly name: string;
  /** The shipped file, from the root of the repository. */
  readonly file: string;
  readonly plants: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** A seed that kills it; when it does no longer, others are tried. */
  readonly seed: number;
};

/** The file with the bug. Throws when the patch does not fit: a mutant that plants nothing would survive, or seem to. */
export function patch(source: string, { name, file, from, to }: Mutant): string {
  const pieces = source.split(from);
  if (pieces.length !== 2) throw new Error(`mutant ${name}: its text stands ${pieces.length - 1} times in ${file}, and ought to once`);
  return pieces.join(to);
}
