/**
 * Chance that belongs to what it is about: how long this job takes this engineer, whether they decline it. Whatever a policy decides, and in
 * whatever order, the same thing meets the same fate, so that two policies are compared in one world (common random numbers).
 */
import { startRandom, type Random } from "../random.ts";

/** The chance of one matter, named by its seed and its keys. */
export function drawOf(seed: number, ...keys: readonly (string | number)[]): Random {
  return startRandom(hash(`${seed}|${keys.join("|")}`));
}

/** A factor with median 1 × `median`, spread by `sigma` (log-normal, Box–Muller). */
export function logNormal(random: Random, median: number, sigma: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random.next()));
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}
