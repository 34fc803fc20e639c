/**
 * Which records are one thing, when each pair has been judged. Joined from the surest pair down (union-find), and never by a chain alone:
 * that a is b and b is c makes a group only if nothing speaks against a being c.
 */

/** Records of one thing. More is a chain, or a name that everybody bears. */
export const CLUSTER_MAX = 20;

export type Edge = { readonly a: string; readonly b: string; readonly score: number };

/**
 * `clusters`: of two and more, each and all in order of id. `refused`: edges that would have chained. `scoreOf` is asked for pairs that blocking did not
 * bring together; at least `least` is needed between any two of a cluster. The order of `edges` does not matter.
 */
export function clusterOf(
  edges: readonly Edge[],
  scoreOf: (a: string, b: string) => number,
  least: number,
): { readonly clusters: readonly (readonly string[])[]; readonly refused: readonly Edge[] } {
  const groups = new Map<string, readonly string[]>();
  const groupOf = (id: string): readonly string[] => groups.get(id) ?? [id];
  const refused: Edge[] = [];
  const fromSurest = edges.toSorted((x, y) => y.score - x.score || order(x.a, y.a) || order(x.b, y.b));
  for (const edge of fromSurest) {
    const [mine, theirs] = [groupOf(edge.a), groupOf(edge.b)];
    if (mine.includes(edge.b)) continue;
    const fits = mine.length + theirs.length <= CLUSTER_MAX && mine.every((one) => theirs.every((other) => scoreOf(one, other) >= least));
    if (!fits) {
      refused.push(edge);
      continue;
    }
    const joined = [...mine, ...theirs].toSorted(order);
    for (const id of joined) groups.set(id, joined);
  }
  return { clusters: [...new Set(groups.values())].toSorted((x, y) => order(x[0] ?? "", y[0] ?? "")), refused };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
