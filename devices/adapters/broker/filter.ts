/** Topic filters of a bridge's table: what a wildcard took, and whether two filters could take the same topic [MQTT-4.7]. */

/** What each `+` took, in order, and last what `#` took; null where the filter does not take the topic. */
export function capture(filter: string, topic: string): readonly string[] | null {
  const [levels, names] = [filter.split("/"), topic.split("/")];
  if (topic.startsWith("$") !== filter.startsWith("$")) return null;
  const taken: string[] = [];
  for (const [i, level] of levels.entries()) {
    if (level === "#") return [...taken, names.slice(i).join("/")];
    const name = names[i];
    if (name === undefined || (level !== "+" && level !== name)) return null;
    if (level === "+") taken.push(name);
  }
  return levels.length === names.length ? taken : null;
}

export function overlaps(a: string, b: string): boolean {
  if (a.startsWith("$") !== b.startsWith("$")) return false;
  const [left, right] = [a.split("/"), b.split("/")];
  for (let i = 0; ; i++) {
    const [x, y] = [left[i], right[i]];
    if (x === "#" || y === "#") return true;
    if (x === undefined || y === undefined) return x === y;
    if (x !== "+" && y !== "+" && x !== y) return false;
  }
}

/** `{1}` is what the first wildcard took, `{2}` the second. A level that would be empty or hold a wildcard gives null. */
export function fill(template: string, taken: readonly string[]): string | null {
  const filled = template.replaceAll(/\{(\d)\}/g, (_, n: string) => taken[Number(n) - 1] ?? "");
  return filled === "" || /[+#\0]/.test(filled) ? null : filled;
}

/** The topics that a template may give, as a filter: for comparing only. */
export function spread(template: string): string {
  return template
    .split("/")
    .map((level) => (/\{\d\}/.test(level) ? "+" : level))
    .join("/");
}

export function placesOf(template: string): readonly number[] {
  return [...template.matchAll(/\{(\d)\}/g)].map(([, n]) => Number(n));
}

export function wildcardsOf(filter: string): number {
  return filter.split("/").filter((level) => level === "+" || level === "#").length;
}

export function isFilter(filter: string): boolean {
  const levels = filter.split("/");
  return (
    filter !== "" && !filter.includes("\0") && levels.every((level, i) => level === "+" || (level === "#" ? i === levels.length - 1 : !/[+#]/.test(level)))
  );
}
