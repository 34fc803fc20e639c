/**
 * A message that nothing was read of → the mapping that is most likely meant: which form it is of, where its instant stands, and for each value
 * the channel that is nearest by name (Dice's coefficient over words and their pairs of letters) or, where only one is left, by unit. A proposal:
 * a person says yes to it.
 */
import { FORMS, memberOf } from "../../../contracts/foreign-form.ts";
import type { ProposedMapping, Route, When } from "../../../contracts/mapping.ts";
import { FIELDS_MAX } from "../../../contracts/mapping.ts";
import type { Channel, DeviceProfile } from "../../../contracts/scenario.ts";
import { dimensionOf, isUom } from "../../../contracts/uom.ts";
import { captures, folded } from "./topic-pattern.ts";

/** Below this two names are not of one thing. */
const LIKENESS_MIN = 0.6;
const DEPTH_MAX = 6;

/** What devices call units, as UCUM. */
const UNITS: Readonly<Record<string, string>> = {
  c: "Cel",
  degc: "Cel",
  celsius: "Cel",
  f: "[degF]",
  degf: "[degF]",
  fahrenheit: "[degF]",
  bar: "bar",
  mbar: "mbar",
  kpa: "kPa",
  mpa: "MPa",
  psi: "[psi]",
  hz: "Hz",
  rpm: "{rpm}/min",
  v: "V",
  volt: "V",
  volts: "V",
  mv: "mV",
  a: "A",
  amp: "A",
  amps: "A",
  ma: "mA",
  w: "W",
  watt: "W",
  watts: "W",
  kw: "kW",
  pct: "%",
  percent: "%",
  mms: "mm/s",
  lmin: "L/min",
  lpm: "L/min",
};
const TS_NAMES: ReadonlySet<string> = new Set(["ts", "time", "timestamp", "datetime", "at", "date", "t"]);
const SEQ_NAMES: ReadonlySet<string> = new Set(["seq", "sequence", "seqno", "counter", "msgid", "n"]);

type Leaf = {
  readonly at: string;
  readonly name: string;
  readonly value: unknown;
  readonly words: readonly string[];
  readonly within: readonly string[];
  readonly uom: string | null;
};
type Match = { readonly leaf: Leaf; readonly channel: Channel; readonly by: "name" | "uom"; readonly likeness: number };

/** `said`: the payload, or as much of it as was kept. Null where it holds nothing that could be a channel. */
export function proposeMapping(topic: string, said: unknown, profile: DeviceProfile, device: string): ProposedMapping | null {
  const base = baseOf(topic, device);
  const item = Array.isArray(said) ? (said[0] as unknown) : said;
  const found: Leaf[] = [];
  leavesOf(item, "$", "", [], DEPTH_MAX, found);
  const ts = base.ts ?? tsOf(found);
  const tsPlaces = new Set(ts === undefined ? [] : [ts.at].flat());
  const seq = base.seq ?? found.find(({ words, value }) => words.length === 1 && SEQ_NAMES.has(words[0] ?? "") && Number.isSafeInteger(value))?.at;
  const leaves = found.filter(({ at, value }) => !tsPlaces.has(at) && at !== seq && isValue(value));
  if (leaves.length === 0) return null;
  const matches = match(leaves, profile.channels);
  const matchOf = new Map(matches.map((one) => [one.leaf, one]));
  const values = matches.map(({ leaf, channel }) => ({
    channel: channel.id,
    at: placesOf(leaf.at, base.roots),
    ...(leaf.uom !== null && leaf.uom !== channel.uom ? { uom: leaf.uom } : {}),
  }));
  const { roots: _roots, ts: _ts, seq: _seq, ...rest } = base;
  const route: Route = { ...rest, ...(ts === undefined ? {} : { ts }), ...(seq === undefined ? {} : { seq }), values: values.slice(0, FIELDS_MAX) };
  return {
    route,
    fields: leaves.slice(0, FIELDS_MAX).map((leaf) => {
      const one = matchOf.get(leaf);
      const shown = { at: leaf.at, value: (JSON.stringify(leaf.value) ?? "").slice(0, 64) };
      return one === undefined ? shown : { ...shown, channel: one.channel.id, by: one.by };
    }),
  };
}

type Base = Omit<Route, "values" | "events" | "position"> & { readonly roots: readonly string[] };

/** The form that many use, or the topic with the device's name left open. */
function baseOf(topic: string, device: string): Base {
  const levels = topic.split("/");
  const form = Object.values(FORMS).find(({ topics }) => topics.some((pattern) => captures(pattern.split("/"), levels) !== null));
  if (form !== undefined) return form;
  const open = levels.map((level, i) => (i > 0 && (level === device || folded(level) === folded(device)) ? "{device}" : level.replace(/[+#{}]/g, "")));
  return { topics: [open.join("/")], roots: ["$"] };
}

/** Where the same name may stand too, as the form has it. */
function placesOf(at: string, roots: readonly string[]): string | string[] {
  const root = roots.find((one) => one !== "$" && at.startsWith(one)) ?? "$";
  const places = roots.map((one) => one + at.slice(root.length));
  return places.length === 1 ? at : [...new Set([at, ...places])].slice(0, 4);
}

/** `within`: the words of the object's own name. */
function leavesOf(value: unknown, at: string, name: string, within: readonly string[], depth: number, found: Leaf[]): void {
  if (found.length >= FIELDS_MAX * 2) return;
  if (typeof value !== "object" || value === null) {
    if (name !== "") found.push(leafOf(at, name, within, value, null));
    return;
  }
  if (depth === 0) return;
  if (Array.isArray(value)) return leavesOf(value[0], `${at}[0]`, name, within, depth - 1, found);
  const own = value as Readonly<Record<string, unknown>>;
  const measured = ["value", "val", "v"].find((key) => typeof own[key] === "number");
  const said = [own["unit"], own["uom"], own["units"]].find((one) => typeof one === "string");
  if (measured !== undefined && name !== "") {
    found.push(leafOf(memberOf(at, measured), name, within, own[measured], uomOf(said)));
    return;
  }
  for (const [key, member] of Object.entries(own)) leavesOf(member, memberOf(at, key), key, wordsOf(name), depth - 1, found);
}

function leafOf(at: string, name: string, within: readonly string[], value: unknown, said: string | null): Leaf {
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  const unit = said ?? (words.length > 1 ? (UNITS[words.slice(-2).join("")] ?? UNITS[last] ?? null) : null);
  const rest = said === null && unit !== null ? words.slice(0, UNITS[last] === unit ? -1 : -2) : words;
  return { at, name, value, words: rest.length === 0 ? words : rest, within, uom: unit };
}

function uomOf(said: unknown): string | null {
  if (typeof said !== "string" || said.length > 20) return null;
  const plain = said.trim().replace("°", "deg");
  return UNITS[plain.toLowerCase().replaceAll("/", "")] ?? (isUom(plain) ? plain : null);
}

function isValue(value: unknown): boolean {
  return (
    typeof value === "number" ||
    typeof value === "boolean" ||
    value === null ||
    (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
  );
}

function tsOf(leaves: readonly Leaf[]): When | undefined {
  for (const { at, words, value } of leaves) {
    if (!words.some((word) => TS_NAMES.has(word))) continue;
    const form = formOf(value);
    if (form !== null) return { at, form };
  }
  return undefined;
}

/** By its size: an instant of this century. */
function formOf(value: unknown): When["form"] | null {
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)) return /(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? "iso" : "local";
  const number = typeof value === "number" ? value : typeof value === "string" && /^\d{9,20}$/.test(value) ? Number(value) : 0;
  const forms = [
    ["s", 9e8, 5e9],
    ["ms", 9e11, 5e12],
    ["us", 9e14, 5e15],
    ["ns", 9e17, 5e18],
  ] as const;
  return forms.find(([, from, until]) => number >= from && number < until)?.[0] ?? null;
}

/** Nearest first, each channel and each value once. A value that says its unit is none of another dimension. */
function match(leaves: readonly Leaf[], channels: readonly Channel[]): readonly Match[] {
  const measured = channels.filter(({ from }) => from === undefined);
  const pairs = leaves.flatMap((leaf) =>
    measured.flatMap((channel): readonly Match[] => {
      if (leaf.uom !== null && dimensionOf(leaf.uom) !== dimensionOf(channel.uom)) return [];
      const names = [channel.id, channel.title.en, channel.title.zh];
      // `{ "motor": { "temp": 60 } }` is what `motor_temp` is.
      const own = Math.max(...names.map(wordsOf).flatMap((words) => [likeness(leaf.words, words), likeness([...leaf.within, ...leaf.words], words)]));
      return own >= LIKENESS_MIN ? [{ leaf, channel, by: "name", likeness: own }] : [];
    }),
  );
  const taken = new Set<unknown>();
  const chosen: Match[] = [];
  const take = (one: Match): void => {
    if (taken.has(one.leaf) || taken.has(one.channel)) return;
    taken.add(one.leaf).add(one.channel);
    chosen.push(one);
  };
  for (const pair of pairs.toSorted((a, b) => b.likeness - a.likeness)) take(pair);
  for (const leaf of leaves) {
    if (taken.has(leaf) || leaf.uom === null) continue;
    const dimension = dimensionOf(leaf.uom);
    const same = (uom: string | null): boolean => uom !== null && dimensionOf(uom) === dimension;
    const left = measured.filter((channel) => !taken.has(channel) && same(channel.uom));
    const rivals = leaves.filter((other) => !taken.has(other) && same(other.uom));
    const [channel] = left;
    if (channel !== undefined && left.length === 1 && rivals.length === 1) take({ leaf, channel, by: "uom", likeness: 0 });
  }
  return chosen;
}

/** `dischargePressure_bar`, `discharge.pressure`, `排气压力` → words. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** 0 to 1: the part of words that both have, or of pairs of letters, the greater. */
function likeness(a: readonly string[], b: readonly string[]): number {
  return Math.max(dice(a, b), dice(pairsOf(a.join("")), pairsOf(b.join(""))));
}

function dice(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const rest = [...b];
  let both = 0;
  for (const one of a) {
    const at = rest.indexOf(one);
    if (at < 0) continue;
    rest.splice(at, 1);
    both++;
  }
  return (2 * both) / (a.length + b.length);
}

function pairsOf(text: string): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2));
}
