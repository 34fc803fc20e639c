/** What needs no model, to hold models against: an alarm that is always on, and a z-score of each row against the device's first ones. */
import type { Recording } from "../replay/recording.ts";

/** `settings` are tried; alarms of all rows, of which the first `first` are the device's commissioning. */
export type Peer = { readonly settings: readonly number[]; readonly alarms: (recording: Recording, first: number, setting: number) => readonly boolean[] };

export const PEERS: Readonly<Record<"always on" | "z-score", Peer>> = {
  "always on": { settings: [0], alarms: ({ rows }) => rows.map(() => true) },
  "z-score": {
    settings: [2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 12, 15, 20, 30],
    alarms: ({ rows }, first, limit) => {
      const channels = rows[0]?.values.length ?? 0;
      const normal = Array.from({ length: channels }, (_, c) => momentsOf(rows.slice(0, first).flatMap(({ values }) => values[c] ?? [])));
      return rows.map(({ values }) =>
        values.some((value, c) => value !== null && Math.abs(value - (normal[c]?.mean ?? 0)) > limit * (normal[c]?.deviation ?? 1)),
      );
    },
  },
};

function momentsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}
