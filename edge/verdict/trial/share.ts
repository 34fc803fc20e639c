/** Which model a device runs, and which one scores beside it: by the hash of its id, so that the same devices stay on trial. */
import type { ModelHash } from "../../../contracts/ids.ts";
import type { PlannedModels } from "../../../contracts/rpc.ts";

export type Runs = { readonly live: ModelHash; readonly beside: ModelHash | null };

/** What a device of that profile runs; `own`: the model that its scenario names. */
export function runsOf(planned: PlannedModels | undefined, own: ModelHash, device: string): Runs {
  if (planned === undefined) return { live: own, beside: null };
  const { live, other } = planned;
  if (other === undefined || other.hash === live) return { live, beside: null };
  return isInShare(device, other.hash, other.share) ? { live: other.hash, beside: live } : { live, beside: other.hash };
}

/** True for about that share of devices. Salted with the model: it is not always the same machines that are tried on. */
export function isInShare(device: string, model: string, share: number): boolean {
  return share > 0 && fraction(`${model}${device}`) < share;
}

/** FNV-1a, then the finaliser of MurmurHash3: ids that differ in one digit land apart. In [0, 1). */
export function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
