/** Whether the screen is a phone's: rows then stand as cards. */
import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 860px)");

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches);
}

function subscribe(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}
