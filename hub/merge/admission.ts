/**
 * What a stream is told of an origin when it registers: its own contracts, and the published forms as which they are read, with the lenses
 * between their majors. From it follows what each of its operations means here.
 */
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { meaningOfContract, readAs } from "./meaning.ts";
import type { Known } from "./push.ts";
import { type Upgrade, lensBetween, lineLens } from "./words.ts";

/** What `KnownOrigin.admitted` holds, as JSON. */
export type Admitted = { readonly subject: string; readonly major: number; readonly fingerprint: string };
export type Form = Admitted & { readonly document: Json };
/** `lens`: from the major before. */
export type PublishedForm = Form & { readonly lens?: Lens };

export type StreamAdmission = {
  readonly origin: Origin;
  readonly unit: string;
  readonly keyHash: string;
  readonly contracts: readonly Form[];
  /** From the majors that the unit speaks up to the newest ones. */
  readonly published: readonly PublishedForm[];
  /** Subjects that the unit knows to be erased, of any stream. */
  readonly erased?: readonly { readonly entity: string; readonly id: string }[];
};

/** Forms that a stream was handed. */
export type Forms = {
  readonly form: (subject: string, major: number, fingerprint: string) => Form | undefined;
  /** By major, oldest first. */
  readonly published: (subject: string) => readonly PublishedForm[];
  /** The majors that came while the stream was there. */
  readonly upgrades: (subject: string) => readonly Upgrade[];
};

/** Contracts that one origin has been admitted with, over all its registrations: what waits in its outbox was written under older ones. */
const ADMITTED_MAX = 256;

export function readAdmitted(text: string): readonly Admitted[] {
  return text === "" ? [] : (JSON.parse(text) as readonly Admitted[]);
}

/** What was admitted before stays, unless it was another document of the same major. */
export function withAdmitted(before: readonly Admitted[], contracts: readonly Admitted[]): readonly Admitted[] {
  const kept = before.filter((old) => !contracts.some(({ subject, major }) => subject === old.subject && major === old.major));
  return [...contracts.map(({ subject, major, fingerprint }) => ({ subject, major, fingerprint })), ...kept].slice(0, ADMITTED_MAX);
}

export function contractName({ subject, major }: Pick<Admitted, "subject" | "major">): string {
  return `${subject}@${major}`;
}

/** `newestLens`: of the newest major that the origin speaks of an entity, to what its replica is told in. `lineLens`: of a line's words to today's. */
export type Speech = Known & {
  readonly newestLens: (entity: string) => Lens | undefined;
  readonly lineLens: (entity: string, position: number) => Lens | undefined;
};

export function speechOf(admitted: readonly Admitted[], forms: Forms): Speech {
  const read = new Map<string, { readonly meaning: Meaning | undefined; readonly lens: Lens | undefined }>();
  const look = (entity: string, contract: string): { readonly meaning: Meaning | undefined; readonly lens: Lens | undefined } => {
    const key = `${entity}\n${contract}`;
    const found = read.get(key) ?? lookUp(admitted, forms, entity, contract);
    // Names that were never admitted come from outside, and are not kept.
    if (found.meaning !== undefined) read.set(key, found);
    return found;
  };
  return {
    meaningOf: (entity, contract) => look(entity, contract).meaning,
    lensOf: (entity, contract) => look(entity, contract).lens,
    newestLens(entity) {
      const newest = admitted.filter(({ subject }) => subject === entity).toSorted((a, b) => b.major - a.major)[0];
      return newest === undefined ? undefined : look(entity, contractName(newest)).lens;
    },
    lineLens: (entity, position) => lineLens(forms, entity, position),
  };
}

/** The hub's own meaning of an entity: the newest that is published, or as this release brings it. */
export function ownMeaning(entity: string, forms: Forms): Meaning | undefined {
  const newest = forms.published(entity).at(-1);
  if (newest === undefined) return meaningOf(entity);
  return meaningOfContract(newest.subject, newest.major, newest.document) ?? undefined;
}

function lookUp(
  admitted: readonly Admitted[],
  forms: Forms,
  entity: string,
  contract: string,
): { readonly meaning: Meaning | undefined; readonly lens: Lens | undefined } {
  const nothing = { meaning: undefined, lens: undefined };
  const one = admitted.find((known) => known.subject === entity && contractName(known) === contract);
  const form = one === undefined ? undefined : forms.form(one.subject, one.major, one.fingerprint);
  const own = form === undefined ? null : meaningOfContract(form.subject, form.major, form.document);
  if (own === null) return nothing;
  const newest = forms.published(entity).at(-1);
  if (newest === undefined || newest.major < own.major) return { meaning: own, lens: undefined };
  const lens = newest.major === own.major ? undefined : lensBetween(forms.published(entity), own.major, newest.major);
  // A step that is missing: what it writes can't be read here.
  if (lens === null) return nothing;
  const published = meaningOfContract(newest.subject, newest.major, newest.document);
  return published === null ? nothing : { meaning: newest.fingerprint === form?.fingerprint ? published : readAs(own, published, lens), lens };
}
