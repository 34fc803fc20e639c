/**
 * Notifications to rows: what the server saw at one instant of one device is one row, with the instant that the source gave it.
 *
 *   take(channel, value, at) … take ─▶ flush ─▶ rows by device, oldest first
 *   stale(now) ─▶ values that stand unchanged, told again
 */
import type { DeviceId } from "../../../contracts/ids.ts";

export type Row = { readonly device: DeviceId; readonly ts: number; readonly channels: Readonly<Record<string, number | null>> };

type Last = { readonly value: number | null; toldAt: number };

export type Rows = {
  /** `at`: when the source measured it. `now`: when we heard of it. */
  take(device: DeviceId, channel: string, value: number | null, at: number, now: number): void;
  flush(): readonly Row[];
  /** Rows of the values that nothing was told of for `repeatMs`; gaps are not repeated. */
  stale(now: number, repeatMs: number): readonly Row[];
};

export function startRows(): Rows {
  let heard = new Map<DeviceId, Map<number, Record<string, number | null>>>();
  const lasts = new Map<DeviceId, Map<string, Last>>();

  function take(device: DeviceId, channel: string, value: number | null, at: number, now: number): void {
    const rows = entry(heard, device, () => new Map<number, Record<string, number | null>>());
    entry(rows, at, (): Record<string, number | null> => ({}))[channel] = value;
    entry(lasts, device, () => new Map<string, Last>()).set(channel, { value, toldAt: now });
  }

  function flush(): readonly Row[] {
    const rows = [...heard].flatMap(([device, at]) => [...at].map(([ts, channels]) => ({ device, ts, channels })));
    heard = new Map();
    return rows.sort((a, b) => a.ts - b.ts);
  }

  function stale(now: number, repeatMs: number): readonly Row[] {
    return [...lasts].flatMap(([device, channels]) => {
      const due = [...channels].filter(([, { value, toldAt }]) => value !== null && now - toldAt >= repeatMs);
      for (const [, last] of due) last.toldAt = now;
      return due.length === 0 ? [] : [{ device, ts: now, channels: Object.fromEntries(due.map(([channel, { value }]) => [channel, value])) }];
    });
  }

  return { take, flush, stale };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
