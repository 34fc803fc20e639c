/** Rows that are wider than a phone's screen show what is chosen in them. */
import { useEffect } from "react";

/** `chosen`: what the address says, and whatever else moves it, such as a badge that came. */
export function useShown(selector: string, ...chosen: readonly string[]): void {
  const key = chosen.join(" ");
  useEffect(() => {
    const chosenOne = key === "" ? null : document.querySelector(`${selector}[aria-current="page"]`);
    const row = chosenOne?.closest("nav");
    if (chosenOne === null || row === null || row === undefined) return;
    // Not `scrollIntoView`: it would move the place from which the next Tab goes on, too.
    const [at, around] = [chosenOne.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += at.left + at.width / 2 - around.left - around.width / 2;
  }, [selector, key]);
}
