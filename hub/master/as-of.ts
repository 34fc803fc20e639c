/**
 * An entity as it was: the hub's log of it, folded up to a moment. Each attribute with who wrote it, when, from where, and as which version.
 * Two clocks: `writtenAt` is when the writer wrote it, `knownAt` when the hub took it; an outage lies between them.
 */
import type { Json } from "../../contracts/delta/json.ts";
import type { FeedItem } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { MasterRecord } from "./identity.ts";

export type LogLine = FeedItem["operation"];

/** `knownAt`: what the hub would have answered then. `writtenAt`: what was true at the writers, as far as it is known today. Both inclusive. */
export type Moment = { readonly hubSeq: number } | { readonly knownAt: Millis } | { readonly writtenAt: Millis };

/** Where a version comes from. `origin`: the unit's incarnation or the hub, `reason`: such as the import and its line. */
export type Provenance = {
  readonly version: number;
  readonly hubSeq: number;
  readonly actor: string;
  readonly origin: string;
  readonly reason: string;
  readonly writtenAt: Millis;
  readonly knownAt: Millis;
};
/** `erased`: the value was a personal one of somebody who has been erased. `held`: values that a person still has to choose from. */
export type Versioned = Provenance & { readonly value?: Json; readonly erased?: true; readonly held?: readonly Json[] };
export type AsOf = {
  readonly id: string;
  /** 0: nothing was known yet. */
  readonly version: number;
  readonly attributes: Readonly<Record<string, Versioned>>;
  readonly deleted?: Provenance;
};

/** `lines`: those of one entity, in any order. Without a moment: as it stands. */
export function asOf(id: string, lines: readonly LogLine[], moment?: Moment): AsOf {
  let state: AsOf = { id, version: 0, attributes: {} };
  for (const line of appliedOf(lines)) if (moment === undefined || isBy(line, moment)) state = fold(state, line);
  return state;
}

/** `until`: when the hub took the next version. A deletion ends every attribute's last version. */
export type Span = Versioned & { readonly unset?: true; readonly until?: Millis };

/** What each attribute has been, oldest first; and when the entity was deleted. */
export function history(lines: readonly LogLine[]): {
  readonly attributes: Readonly<Record<string, readonly Span[]>>;
  readonly deletions: readonly Provenance[];
} {
  const spans = new Map<string, Span[]>();
  const deletions: Provenance[] = [];
  const end = (list: Span[], until: Millis): void => {
    const last = list.pop();
    if (last !== undefined) list.push(last.until === undefined ? { ...last, until } : last);
  };
  for (const line of appliedOf(lines)) {
    if (line.op === "delete") {
      deletions.push(provenanceOf(line));
      for (const list of spans.values()) end(list, line.appliedAt);
      continue;
    }
    const list = spans.get(line.attr) ?? [];
    spans.set(line.attr, list);
    end(list, line.appliedAt);
    list.push({ ...versionOf(line), ...(isUnset(line) ? { unset: true as const } : {}) });
  }
  return { attributes: Object.fromEntries(spans), deletions };
}

/** The entity by itself; null when it was not there, or no longer. Erased attributes are missing. */
export function recordOf({ id, version, attributes, deleted }: AsOf): MasterRecord | null {
  if (version === 0 || deleted !== undefined) return null;
  const values = Object.entries(attributes).flatMap(([attr, { value }]) => (value === undefined ? [] : [[attr, value] as const]));
  return { id, attributes: Object.fromEntries(values) };
}

function appliedOf(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.filter(({ outcome }) => outcome === "applied").toSorted((a, b) => a.hubSeq - b.hubSeq);
}

function isBy(line: LogLine, moment: Moment): boolean {
  if ("hubSeq" in moment) return line.hubSeq <= moment.hubSeq;
  return "knownAt" in moment ? line.appliedAt <= moment.knownAt : line.at <= moment.writtenAt;
}

function fold({ id, attributes }: AsOf, line: LogLine): AsOf {
  const { version, attr } = line;
  if (line.op === "delete") return { id, version, attributes: {}, deleted: provenanceOf(line) };
  const was = Object.hasOwn(attributes, attr) ? attributes[attr] : undefined;
  const { [attr]: _, ...others } = attributes;
  // Both values of a conflict are kept, and this writer's is not the one that is shown: what stands is still its own writer's.
  const isBeside = line.held?.some(({ origin, hlc }) => origin === line.origin && hlc === line.hlc) === true;
  if (isBeside && was !== undefined) return { id, version, attributes: { ...others, [attr]: { ...was, ...heldOf(line), version } } };
  if (isUnset(line)) return { id, version, attributes: others };
  return { id, version, attributes: { ...others, [attr]: versionOf(line) } };
}

function isUnset({ value, erased }: LogLine): boolean {
  return value === undefined && erased === undefined;
}

function versionOf(line: LogLine): Versioned {
  return {
    ...provenanceOf(line),
    ...(line.value === undefined ? {} : { value: line.value }),
    ...(line.erased === undefined ? {} : { erased: true as const }),
    ...heldOf(line),
  };
}

function heldOf({ held }: LogLine): { readonly held?: readonly Json[] } {
  return held === undefined || held.length === 0 ? {} : { held: held.flatMap(({ value }) => (value === undefined ? [] : [value])) };
}

function provenanceOf({ version, hubSeq, actor, origin, reason, at, appliedAt }: LogLine): Provenance {
  return { version, hubSeq, actor, origin, reason: reason ?? "", writtenAt: at, knownAt: appliedAt };
}
