/** Whose turn it is: who sends now, and when somebody must look again. So one platform alarm serves all, and who is slow holds up few. */
import type { Millis } from "../../contracts/instant.ts";

/** Sending at once: what the platform lets one object keep open. */
export const TURNS_MAX = 6;
/** Of them, those that failed or were slow the last time: the rest is for the others. */
export const SUSPECTS_MAX = 2;
/** An attempt that takes longer makes a suspect. */
export const SLOW_MS = 2_000;
/** While somebody has a turn, the alarm comes at the latest after this: whatever was lost with the object is looked for again then, should nothing else wake it. */
export const LOST_MS = 30_000;

/** `lastAt`: when it last had its turn. */
export type Waiting = { readonly id: string; readonly dueAt: Millis; readonly lastAt: Millis; readonly suspect: boolean };
export type Running = { readonly suspect: boolean };

/** Who begins now, longest waiting first; and when to look again at the latest, null for never. Who is due and finds no place begins when a turn ends. */
export function pickTurns(
  waiting: readonly Waiting[],
  running: readonly Running[],
  now: Millis,
): { readonly begin: readonly Waiting[]; readonly lookAt: Millis | null } {
  const begin: Waiting[] = [];
  let suspects = running.filter(({ suspect }) => suspect).length;
  for (const one of waiting.filter(({ dueAt }) => dueAt <= now).toSorted((a, b) => a.lastAt - b.lastAt)) {
    if (running.length + begin.length >= TURNS_MAX) break;
    if (one.suspect && suspects >= SUSPECTS_MAX) continue;
    suspects += one.suspect ? 1 : 0;
    begin.push(one);
  }
  const later = waiting.filter(({ dueAt }) => dueAt > now).map(({ dueAt }) => dueAt);
  const lookAt = Math.min(...later, running.length + begin.length > 0 ? now + LOST_MS : Number.POSITIVE_INFINITY);
  return { begin, lookAt: lookAt === Number.POSITIVE_INFINITY ? null : lookAt };
}
