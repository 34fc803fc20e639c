/** Bridges over the tables: put, check against the contracts of the tenant, publish. */
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Bridge } from "../../bridge/bridge.ts";
import { type Spoken, check, publishable } from "../../bridge/check.ts";
import type { Finding } from "../../bridge/finding.ts";
import { dynamics365 } from "../../bridge/packs/dynamics365.ts";
import type { Pack } from "../../bridge/packs/pack.ts";
import { salesforce } from "../../bridge/packs/salesforce.ts";
import type { BridgeAnswer, BridgeView, BridgesAnswer } from "../../registry/api-bridge.ts";
import { type Deed, earlierOf, newestMajor } from "../../registry/contract.ts";
import { countBridges, readBridge, readBridges, writeBridge, writePublished } from "./bridge-tables.ts";
import { type Db, readVersions } from "./tables.ts";

/** Bridges of a tenant: ten systems with the fifty objects of a field service suite. */
const BRIDGES_MAX = 500;

const PACKS: readonly Pack[] = [salesforce, dynamics365];

/** Against the newest contract of its major. `instead`: a document that is about to take its place. */
export function findingsOf(db: Db, bridge: Bridge, instead?: Spoken): readonly Finding[] {
  const spoken = ({ subject, major }: Bridge["ours"]): Spoken | undefined =>
    instead?.subject === subject && instead.version === major ? instead : newestOf(db, subject, major);
  const ours = spoken(bridge.ours);
  if (ours === undefined) return check(bridge, { subject: bridge.ours.subject, version: 0, schema: {} });
  const theirs = PACKS.find(({ system }) => system === bridge.system)?.objects[bridge.theirs.object];
  const joined = Object.values(bridge.joins).flatMap((one) => spoken(one) ?? []);
  return check(bridge, ours, theirs, joined);
}

/** What published bridges would lack with this document, beyond what they lack now. */
export function newlyBlocked(db: Db, instead: Spoken): readonly { readonly id: string; readonly field: string; readonly rule: string }[] {
  return readBridges(db).flatMap(({ published }) => (published === undefined ? [] : lacksOf(db, published.document, instead)));
}

/** What one bridge would lack then, beyond what it lacks now. */
export function lacksOf(db: Db, bridge: Bridge, instead: Spoken): readonly { readonly id: string; readonly field: string; readonly rule: string }[] {
  const speaks = [bridge.ours, ...Object.values(bridge.joins)].some(({ subject, major }) => subject === instead.subject && major === instead.version);
  if (!speaks) return [];
  const before = new Set(findingsOf(db, bridge).map(({ field, rule }) => `${field}: ${rule}`));
  return findingsOf(db, bridge, instead)
    .filter(({ blocks, field, rule }) => blocks && !before.has(`${field}: ${rule}`))
    .map(({ field, rule }) => ({ id: bridge.id, field, rule }));
}

export function answerOf(bridge: Bridge, findings: readonly Finding[]): BridgeAnswer {
  return { id: bridge.id, publishable: publishable(findings), findings: [...findings] };
}

/** Refuses `quota-exceeded`. It may be put with findings; it is published without those that block. */
export function put(db: Db, bridge: Bridge, deed: Deed): BridgeAnswer | Refusal {
  if (readBridge(db, bridge.id) === undefined && countBridges(db) >= BRIDGES_MAX)
    return refuse("quota-exceeded", `at most ${BRIDGES_MAX} bridges`, "use the bridges that there are", "id");
  writeBridge(db, bridge, deed);
  return answerOf(bridge, findingsOf(db, bridge));
}

/** Refuses `unknown-contract`, and `unmapped` with the findings that block. */
export function publishBridge(db: Db, id: string, deed: Deed): BridgeAnswer | Refusal | { readonly refusal: Refusal; readonly findings: readonly Finding[] } {
  const kept = readBridge(db, id);
  if (kept === undefined) return unknown();
  const findings = findingsOf(db, kept.document);
  const blocking = findings.find(({ blocks }) => blocks);
  if (blocking !== undefined) return { refusal: refuse("unmapped", blocking.rule, blocking.mend, blocking.field), findings };
  writePublished(db, kept.document, deed);
  return answerOf(kept.document, findings);
}

export function subjectOf(db: Db, id: string): string | undefined {
  return readBridge(db, id)?.document.ours.subject;
}

/** One that was put, or one of a pack. */
export function viewOf(db: Db, id: string): BridgeView | Refusal {
  const kept = readBridge(db, id);
  const pack = PACKS.find(({ bridges }) => bridges.some((bridge) => bridge.id === id));
  const document = kept?.document ?? pack?.bridges.find((bridge) => bridge.id === id);
  if (document === undefined) return unknown();
  const findings = findingsOf(db, document);
  const of = kept === undefined ? {} : { made: kept.made, ...(kept.published === undefined ? {} : { published: kept.published }) };
  return { document, ...of, ...(pack === undefined ? {} : { pack: pack.system }), publishable: publishable(findings), findings: [...findings] };
}

/** One that values may cross: published, and for the major that the streams speak. Refuses `unknown-contract` and `wrong-state`. */
export function crossing(db: Db, id: string): Bridge | Refusal {
  const kept = readBridge(db, id);
  if (kept === undefined) return unknown();
  if (kept.published === undefined) return refuse("wrong-state", `bridge ${id} is not published`, "publish it first", "id");
  const { document } = kept.published;
  const [{ subject, major }, newest] = [document.ours, newestMajor(readVersions(db, document.ours.subject))];
  return major === newest
    ? document
    : refuse("wrong-state", `bridge ${id} speaks ${subject}@${major}, the streams ${subject}@${newest}`, "raise its major and mend it", "id");
}

export function publishedOf(db: Db): readonly Bridge[] {
  return readBridges(db).flatMap(({ published }) => (published === undefined ? [] : [published.document]));
}

export function list(db: Db): BridgesAnswer {
  return {
    bridges: readBridges(db).map(({ document, made, published }) => ({
      id: document.id,
      subject: document.ours.subject,
      major: document.ours.major,
      system: document.system,
      object: document.theirs.object,
      version: document.version,
      made,
      ...(published === undefined ? {} : { published: { by: published.by, at: published.at, why: published.why, version: published.document.version } }),
    })),
    packs: PACKS.map(({ system, bridges }) => ({
      system,
      bridges: bridges.map(({ id, ours, theirs }) => ({ id, subject: ours.subject, object: theirs.object })),
    })),
  };
}

function newestOf(db: Db, subject: string, major: number): Spoken | undefined {
  const newest = earlierOf(readVersions(db, subject), major).at(-1);
  return newest === undefined ? undefined : { subject, version: major, schema: newest.schema };
}

function unknown(): Refusal {
  return refuse("unknown-contract", "there is no such bridge", "see GET /api/hub/bridges", "id");
}
