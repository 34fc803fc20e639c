/** Numbers as people read them: clocks, lengths of time, distances, instants. Pure; the zone and the language are arguments. */
import type { Language } from "./language.ts";

/** m:ss, or h:mm:ss from an hour on. Never negative. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const UNITS: Readonly<Record<Language, { readonly ms: string; readonly s: string; readonly min: string; readonly h: string; readonly d: string }>> = {
  en: { ms: " ms", s: " s", min: " min", h: " h", d: " d" },
  zh: { ms: " 毫秒", s: " 秒", min: " 分钟", h: " 小时", d: " 天" },
};

/** The largest unit that still says something: 412 ms, 4.2 s, 37 s, 8 min, 3.5 h, 2 d. */
export function spanOf(ms: number, language: Language): string {
  const units = UNITS[language];
  const length = Math.max(0, ms);
  if (length < 1_000) return `${Math.round(length)}${units.ms}`;
  if (length < 9_950) return `${(length / 1_000).toFixed(1)}${units.s}`;
  if (length < 59_500) return `${Math.round(length / 1_000)}${units.s}`;
  if (length < 3_570_000) return `${Math.round(length / 60_000)}${units.min}`;
  if (length < 172_800_000) return `${trimmed(length / 3_600_000)}${units.h}`;
  return `${Math.round(length / 86_400_000)}${units.d}`;
}

/** Time since a first instant, short enough for a corner, the same in every language: +3 ms, +0.50 s, +12 s, +3:07. */
export function lapseOf(ms: number): string {
  if (ms < 99.5) return `+${Math.round(ms)} ms`;
  if (ms < 9_995) return `+${(ms / 1_000).toFixed(2)} s`;
  return ms < 59_500 ? `+${Math.round(ms / 1_000)} s` : `+${clockOf(ms)}`;
}

export function distanceOf(metres: number): string {
  return metres < 950 ? `${Math.round(metres / 10) * 10} m` : `${trimmed(metres / 1_000)} km`;
}

/** Grouped, and from a million on shortened: 1.2 M. */
export function countOf(n: number): string {
  return n < 1_000_000 ? n.toLocaleString("en-US").replaceAll(",", "\u2009") : `${(n / 1_000_000).toFixed(1)} M`;
}

/** hh:mm:ss at the site. */
export function timeOf(at: number, zone: string): string {
  return formatter(zone, "time").format(at);
}

/** Labels of a time axis, `null` where none fits: whole minutes without their seconds. Seconds since the epoch, `step` between two labels. */
export function axisTimesOf(seconds: readonly (number | null)[], step: number, zone: string): (string | null)[] {
  return seconds.map((at) => (at === null ? null : timeOf(at * 1_000, zone).slice(0, step % 60 === 0 ? 5 : 8)));
}

/** hh:mm:ss.mmm at the site: a step of the chain is told apart from the next by milliseconds. */
export function preciseTimeOf(at: number, zone: string): string {
  return `${timeOf(at, zone)}.${String(at % 1_000).padStart(3, "0")}`;
}

/** Year, month, day at the site. */
export function dayOf(at: number, zone: string): string {
  return formatter(zone, "day").format(at);
}

/** hh:mm at the site, with the day of the week: for what may be tomorrow. */
export function dayTimeOf(at: number, zone: string, language: Language): string {
  const day = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeZone: zone, weekday: "short" }).format(at);
  return `${day} ${timeOf(at, zone).slice(0, 5)}`;
}

/** hh:mm at the site, with the day of the week where that is not the day of `now`. */
export function nearTimeOf(at: number, now: number, zone: string, language: Language): string {
  return dayOf(at, zone) === dayOf(now, zone) ? timeOf(at, zone).slice(0, 5) : dayTimeOf(at, zone, language);
}

/** A measured value with as many digits as its size deserves. */
export function valueOf(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function trimmed(n: number): string {
  return n < 9.95 ? n.toFixed(1).replace(/\.0$/, "") : String(Math.round(n));
}

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(zone: string, kind: "time" | "day"): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made =
    kind === "time"
      ? new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
      : new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  formatters.set(key, made);
  return made;
}
