/**
 * Contracts: the named, versioned schemas under which a unit writes. Fingerprint: SHA-256 of the canonical JSON of the
 * schema, which carries the merge rules as `x-merge`. A unit registers these at the hub before its first push.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { canonical } from "./delta/json.ts";
import { RULES } from "./delta/rules.ts";
import { FAMILIES, type Family, STREAM_OF } from "./entity.ts";
import type { Registration } from "./rpc.ts";

export type Contract = Registration["contracts"][number];

/** Major versions. A breaking change of a family raises its number. */
const VERSION: Readonly<Record<Family, number>> = {
  asset: 1,
  device: 1,
  customer: 1,
  engineer: 1,
  position: 1,
  repair: 1,
  alarm: 1,
  ticket: 1,
  offer: 1,
  assignment: 1,
  kit: 1,
};

/** What an operation names as its `contract`, such as `ticket@1`. */
export function contractName(family: Family): string {
  return `${family}@${VERSION[family]}`;
}

export function contractOf(family: Family): Contract {
  const { $schema: _, ...schema } = z.toJSONSchema(FAMILIES[family], { target: "draft-2020-12" });
  const { otherwise, attrs } = RULES[family];
  const document = z.json().parse({ ...schema, "x-merge": { "*": otherwise, ...attrs } });
  return { subject: family, version: VERSION[family], fingerprint: fingerprint(document), schema: document };
}

/** Every family that leaves the unit: what `Registration.contracts` carries. */
export function contractsOfUnit(): readonly Contract[] {
  return (Object.keys(FAMILIES) as Family[]).filter((family) => STREAM_OF[family] !== null).map(contractOf);
}

export function fingerprint(document: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(document))));
}
