/** Which labels of the map may show: the more important ones first, and none over another. Pure. */
export type Label = { readonly key: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly rank: number };

/** Keys of the labels that fit; higher rank first, then by key so that nothing flickers. Quadratic: callers pass at most a few hundred. */
export function declutter(labels: readonly Label[]): ReadonlySet<string> {
  const shown: Label[] = [];
  for (const label of labels.toSorted((a, b) => b.rank - a.rank || (a.key < b.key ? -1 : 1))) {
    if (shown.every((other) => apart(label, other))) shown.push(label);
  }
  return new Set(shown.map(({ key }) => key));
}

function apart(a: Label, b: Label): boolean {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
}
