/** The fields within one value: an object's members and a list's items by path, in bounded number. */

/** Fields taken from one value. A ticket's list of repairs has more, and its first ones tell enough of their form. */
const LEAVES_MAX = 24;
/** Items of one list that are looked at. */
const ITEMS_MAX = 4;
const DEPTH_MAX = 4;

export type Leaf = { readonly path: string; readonly value: unknown };

/** The value itself first, then what lies in it. `closed` says where to stop: within a personal value nothing is looked at. */
export function leavesOf(path: string, value: unknown, closed: (path: string) => boolean): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (at: string, one: unknown, depth: number): void => {
    if (leaves.length >= LEAVES_MAX) return;
    leaves.push({ path: at, value: one });
    if (typeof one !== "object" || one === null || depth >= DEPTH_MAX || closed(at)) return;
    if (Array.isArray(one)) for (const item of one.slice(0, ITEMS_MAX)) walk(`${at}[]`, item, depth + 1);
    else for (const name of Object.keys(one)) walk(`${at}.${name}`, (one as Readonly<Record<string, unknown>>)[name], depth + 1);
  };
  walk(path, value, 0);
  return leaves;
}
