/** Light or dark, and the colours of the style sheet for what is drawn on a canvas. */
import { useSyncExternalStore } from "react";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function useDark(): boolean {
  return useSyncExternalStore(
    (listener) => {
      dark.addEventListener("change", listener);
      return () => dark.removeEventListener("change", listener);
    },
    () => dark.matches,
  );
}

const NAMES = [
  "ground",
  "panel",
  "raised",
  "line",
  "line-strong",
  "ink",
  "muted",
  "accent",
  "normal",
  "suspect",
  "suspect-fill",
  "anomalous",
  "progress",
  "anomalous-wash",
  "band",
  "water",
  "land",
  "grid",
] as const;
export type Colours = Readonly<Record<(typeof NAMES)[number], string>>;

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}
