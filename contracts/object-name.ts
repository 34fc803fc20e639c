/** Names of objects, for ever: `{tenant}/{unit}/{part}`. */
import type { TenantId, UnitId } from "./ids.ts";

/** Virtual slices of a unit's ingest: a device's slice never changes, the object that serves a slice may. */
export const SLICES = 64;

/** Which Intake object serves each slice; a new version is written before the old object is drained. One object by default. */
export type SliceTable = { readonly version: number; readonly objectOf: readonly number[] };
export const ONE_OBJECT: SliceTable = { version: 1, objectOf: Array.from({ length: SLICES }, () => 0) };

/** The objects that serve any slice, each once. */
export function intakeParts({ objectOf }: SliceTable): readonly number[] {
  return [...new Set(objectOf)].toSorted((a, b) => a - b);
}

export function unitObject(tenant: TenantId, unit: UnitId): string {
  return `${tenant}/${unit}/unit`;
}

export function intakeObject(tenant: TenantId, unit: UnitId, part: number): string {
  return `${tenant}/${unit}/intake-${part}`;
}

/** The hub's end of the WebSocket of a unit that is elsewhere. */
export function lineObject(tenant: TenantId, unit: UnitId): string {
  return `${tenant}/${unit}/line`;
}

/** One Hub object per tenant and stream. */
export function hubObject(tenant: TenantId, stream: string): string {
  return `${tenant}/hub/${stream}`;
}

/** FNV-1a over UTF-16 code units: stable, cheap, and spread enough for 64 slices. */
export function sliceOf(device: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < device.length; i++) hash = Math.imul(hash ^ device.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SLICES;
}

export function readObjectName(name: string): { readonly tenant: string; readonly unit: string; readonly part: string } | null {
  const [tenant, unit, part, ...rest] = name.split("/");
  return tenant === undefined || unit === undefined || part === undefined || rest.length > 0 ? null : { tenant, unit, part };
}
