/**
 * A system without a locale (LANG=C) makes Chromium call its language "en-US@posix", which `Intl` refuses; libraries pass it on as they
 * load. Imported before them: pages then hear the part of the name that is a language.
 */
export function soundTag(tag: string): string {
  const sound = /^[a-z]{2,3}(?:-[a-z\d]{2,8})*/i.exec(tag)?.[0] ?? "";
  try {
    return Intl.getCanonicalLocales(sound)[0] ?? "en";
  } catch {
    return "en";
  }
}

if (typeof navigator !== "undefined" && soundTag(navigator.language) !== navigator.language) {
  const tags = navigator.languages.map(soundTag);
  Object.defineProperty(navigator, "language", { value: soundTag(navigator.language), configurable: true });
  Object.defineProperty(navigator, "languages", { value: tags, configurable: true });
}
