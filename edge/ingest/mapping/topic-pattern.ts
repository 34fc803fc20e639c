/** Topic patterns of a mapping: what their `{names}` stand for in a topic, and names as foreign topics write them. */

/** The levels that `{names}` stand for, or null where the pattern does not take the topic. `#` takes its parent level too. */
export function captures(pattern: readonly string[], levels: readonly string[]): ReadonlyMap<string, string> | null {
  const found = new Map<string, string>();
  for (let i = 0; i < pattern.length; i++) {
    const part = pattern[i];
    if (part === "#") return found;
    const level = levels[i];
    if (part === undefined || level === undefined) return null;
    if (part.startsWith("{")) {
      if (level === "") return null;
      found.set(part.slice(1, -1), level);
    } else if (part !== "+" && part !== level) return null;
  }
  return pattern.length === levels.length ? found : null;
}

/** `{names}` of a text filled in. */
export function fill(template: string, found: ReadonlyMap<string, string>): string {
  return template.replace(/\{([a-z]+)\}/g, (whole, name: string) => found.get(name) ?? whole);
}

/** Devices have their names from people: `Tasmota_A1B2` in a topic is `tasmota-a1b2` here, unless two are. */
export function folded(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
