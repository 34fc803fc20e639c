/** A device's trace, extended each second by what is newer. */
import { useEffect, useState } from "react";
import type { Trace } from "../../../contracts/board.ts";
import { unitNow } from "../clock.ts";
import { useUnit } from "./queries.ts";
import { askAfter, extend } from "./trace.ts";

const TRACE_MS = 1_000;

/** Null until the first answer; another device or a longer span begins anew. A question that fails is asked again a second later. */
export function useTrace(device: string | undefined, spanMs: number): Trace | null {
  const { api } = useUnit();
  const [shown, setShown] = useState<{ readonly of: string; readonly trace: Trace } | null>(null);
  const wanted = `${device ?? ""} ${spanMs}`;
  useEffect(() => {
    if (device === undefined) return;
    let held: Trace | null = null;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const more = await api.trace(device, askAfter(held, Math.floor(unitNow() - spanMs)));
        const next = extend(held, more);
        if (over) return;
        if (next !== held) setShown({ of: `${device} ${spanMs}`, trace: next });
        held = next;
      } catch {
        // Shown by the glances going silent; the next second asks again.
      }
      if (!over) timer = setTimeout(() => void ask(), TRACE_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [api, device, spanMs]);
  return shown?.of === wanted ? shown.trace : null;
}
