/** Every question and every answer between the page and the hub, parsed once here. */
import "../../edge/web/zod-without-eval.ts";
import { z } from "zod";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { ask } from "../../edge/web/ask.ts";
import { hearClock } from "../../edge/web/clock.ts";
import { HubMe, OperationsAnswer, ReceiptsAnswer, SignedOut } from "../api/pages.ts";
import { DeadAnswer, DigestAnswer, EraseAnswer, RedeliverAnswer, StreamsAnswer, SubjectAnswer, VerifyAnswer } from "../feed/view.ts";
import { LinksAnswer } from "../health/link-health.ts";
import { Difference, Draft, DraftView, ImpactAnswer, type Mode, Published, Quarantine, Subject, Subjects, Version } from "./answers.ts";

const id = encodeURIComponent;
/** Sections that are fetched when they are opened ask in their own `api.ts`, by these. */
export const part = id;
export const hubPath = (path: string, query: Readonly<Record<string, string>> = {}): string => {
  const asked = new URLSearchParams(query);
  return `/api/hub/${path}${asked.size === 0 ? "" : `?${asked}`}`;
};
/** What a command answers is seen in the lists; only that it was taken counts. */
const Taken = z.unknown();

export type Proposal = {
  readonly why: string;
  readonly class: "plain" | "personal";
  readonly purpose?: readonly string[];
  readonly uom?: string;
  readonly description?: string;
};
export type Letter = DeadAnswer["dead"][number];

export const me = (): Promise<HubMe> => ask(hubPath("me"), HubMe).then(heard);
export const signOut = () => ask(hubPath("sign-out"), SignedOut, {});
export const links = (): Promise<LinksAnswer> => ask(hubPath("health/links"), LinksAnswer).then(heard);
export const operations = (query: Readonly<Record<string, string>>) => ask(hubPath("operations", query), OperationsAnswer);
export const receipts = () => ask(hubPath("receipts"), ReceiptsAnswer);

export const subjects = () => ask(hubPath("contracts"), Subjects);
export const subject = (name: string) => ask(hubPath(`contracts/${id(name)}`), Subject);
export const version = (name: string, which: string) => ask(hubPath(`contracts/${id(name)}/${which}`), Version);
export const difference = (name: string, from: string, to: string) => ask(hubPath(`contracts/${id(name)}/diff`, { from, to }), Difference);
export const changeMode = (name: string, mode: Mode, why: string) => ask(hubPath(`contracts/${id(name)}/mode`), Taken, { mode, why }, "PUT");
export const retire = (name: string, which: string, why: string) => ask(hubPath(`contracts/${id(name)}/${which}/retire`), Taken, { why });
export const impact = (name: string, schema: unknown) => ask(hubPath("contracts/impact"), ImpactAnswer, { subject: name, schema });
export const publish = (name: string, schema: unknown, why: string) => ask(hubPath("contracts"), Published, { subject: name, schema, why });
export const draft = (name: string, which: string) => ask(hubPath(`contracts/${id(name)}/drafts/${id(which)}`), DraftView);
export const publishDraft = (name: string, which: string, why: string) => ask(hubPath(`contracts/${id(name)}/drafts/${id(which)}/publish`), Published, { why });
export const dropDraft = (name: string, which: string) => ask(hubPath(`contracts/${id(name)}/drafts/${id(which)}`), Taken, {}, "DELETE");

export const quarantine = () => ask(hubPath("quarantine"), Quarantine);
export const propose = (which: string, proposal: Proposal) => ask(hubPath(`quarantine/${id(which)}/propose`), Draft, proposal);

export const dead = () => ask(hubPath("dead"), DeadAnswer);
export const redeliver = ({ stream, origin, entity, id: key }: Letter) => ask(hubPath("dead/redeliver"), RedeliverAnswer, { stream, origin, entity, id: key });
export const discard = ({ stream, origin, hubSeq }: Letter) => ask(hubPath("dead/discard"), Taken, { stream, origin, hubSeq });

export const held = (entity: string, key: string) => ask(hubPath(`subjects/${id(entity)}/${id(key)}`), SubjectAnswer);
export const erase = (entity: string, which: string, key: string) => ask(hubPath("subjects/erase"), EraseAnswer, { entity, id: which, key });

export const streams = () => ask(hubPath("streams"), StreamsAnswer);
export const pending = () => ask(hubPath("master/reviews", { limit: "1" }), z.object({ pending: z.number() }));
export const digest = () => ask(hubPath("digest"), DigestAnswer);
export const verify = (stream: StreamName) => ask(hubPath("audit/verify", { stream }), VerifyAnswer);

function heard<T extends { readonly now: number }>(answer: T): T {
  hearClock(answer.now);
  return answer;
}
