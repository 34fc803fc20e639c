/** Light or dark, and the colours of the style sheet for what is drawn on a canvas. */
import { useSyncExternalStore } from "react";

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

const dark = matchMedia("(prefers-color-scheme: dark)");
let read: Colours | null = null;
dark.addEventListener("change", () => (read = null));

/** The same object until the reader's preference changes. */
export function useColours(): Colours {
  return useSyncExternalStore(subscribe, readColours);
}

function subscribe(listener: () => void): () => void {
  dark.addEventListener("change", listener);
  return () => dark.removeEventListener("change", listener);
}

function readColours(): Colours {
  if (read !== null) return read;
  const style = getComputedStyle(document.documentElement);
  read = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
  return read;
}
