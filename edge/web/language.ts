/** Which language the reader sees: theirs by the browser, until they switch; kept on this device. */
import { useSyncExternalStore } from "react";

export type Language = "zh" | "en";

/** The same keys and the same figures in every language: the compiler finds what is missing. */
export type Same<T> = {
  readonly [K in keyof T]: T[K] extends (...figures: infer A) => string ? (...figures: A) => string : T[K] extends string ? string : Same<T[K]>;
};
export type Dictionary<T> = Readonly<Record<Language, T>>;

const KEPT = "outpost.language";
const listeners = new Set<() => void>();
let current = firstLanguage();
document.documentElement.lang = tagOf(current);

export function chooseLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = tagOf(language);
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing still switches for this visit.
  }
  for (const listener of listeners) listener();
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

export function useWords<T>(dictionary: Dictionary<T>): T {
  return dictionary[useLanguage()];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function firstLanguage(): Language {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "zh" || kept === "en") return kept;
  } catch {
    // As above.
  }
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("zh")) && !navigator.language.toLowerCase().startsWith("en") ? "zh" : "en";
}

function tagOf(language: Language): string {
  return language === "zh" ? "zh-CN" : "en";
}
