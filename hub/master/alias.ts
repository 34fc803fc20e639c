/** Old names of merged entities: whoever still says one is understood. */

export type Alias = { readonly entity: string; readonly from: string; readonly to: string };

/** Survivors that were merged themselves; more is a ring. */
const HOPS_MAX = 32;

/** The id that stands today; an id without alias stands for itself. `toOf`: where an alias leads. */
export function resolve(id: string, toOf: (from: string) => string | undefined): string {
  let at = id;
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    const next = toOf(at);
    if (next === undefined) return at;
    at = next;
  }
  return id;
}
