/** What the routes of the streams take and give: writes, snapshots, digests, histories, subjects, dead letters, the audit, backups. */
import { z } from "zod";
import { UnitId } from "../../contracts/ids.ts";
import { HeldAnswer, HeldAsk } from "../feed/held.ts";
import * as view from "../feed/view.ts";
import type { Described } from "./openapi.ts";

const one = { entity: z.string().min(1).max(40), id: z.string().min(1).max(128) } as const;

export const STREAMS_DESCRIBED: Readonly<Record<string, Described>> = {
  "POST /api/writes": {
    summary: "Write in the hub's own name: what the contract lets the hub write reaches the units that see the entity",
    body: view.WriteAsk,
    answers: { 200: view.WriteAnswer },
  },
  "POST /api/hub/complaints": {
    summary: "A customer complains about a machine, whether it has a ticket or not: the unit that has it hears, and answers on the complaint",
    body: view.ComplaintAsk,
    answers: { 200: view.ComplaintTaken },
  },
  "GET /api/snapshot": {
    summary: "Every entity as of one cursor, page by page; following the feed from that cursor continues it",
    query: view.SnapshotQuery.shape,
    answers: { 200: view.SnapshotPage },
  },
  "GET /api/hub/digest": { summary: "Digests of all values by family, to compare a copy with", answers: { 200: view.DigestAnswer } },
  "POST /api/hub/digest": {
    summary: "Tell the digests of what a consumer holds: they are compared with what the hub held at the same place, and the outcome is shown with the links",
    body: HeldAsk,
    answers: { 200: HeldAnswer },
  },
  "GET /api/hub/entities/:entity/:id": {
    summary: "One entity as it is, or was: each attribute with who wrote it, when and from where",
    path: one,
    query: { asOf: z.string().optional().describe("An instant of RFC 3339, or a position of the stream; absent: now") },
    answers: { 200: view.EntityAnswer },
  },
  "GET /api/hub/streams": { summary: "How the streams stand, with each reader and writer", answers: { 200: view.StreamsAnswer } },
  "GET /api/hub/dead": { summary: "Operations that could not be taken, with the reason and what was sent", answers: { 200: view.DeadAnswer } },
  "POST /api/hub/dead/redeliver": {
    summary: "Try an entity's dead letters of an origin once more, in order",
    body: view.RedeliverAsk,
    answers: { 200: view.RedeliverAnswer },
  },
  "POST /api/hub/dead/discard": {
    summary: "Give a dead letter up; what waited for it is tried",
    body: view.DiscardAsk,
    answers: { 200: view.RedeliverAnswer },
  },
  "GET /api/hub/audit": {
    summary: "Lines of a stream's log with their hashes, as they are chained",
    query: view.AuditQuery.shape,
    answers: { 200: view.ChainAnswer },
  },
  "GET /api/hub/audit/verify": {
    summary: "Walk along the chains and say whether they hold",
    query: view.VerifyQuery.shape,
    answers: { 200: view.VerifyAnswer },
  },
  "GET /api/hub/subjects/:entity/:id": { summary: "All that is held of a subject, and for which purposes", path: one, answers: { 200: view.SubjectAnswer } },
  "POST /api/hub/subjects/erase": {
    summary: "Erase a subject's personal values everywhere: the key under which logs hold them is destroyed",
    body: view.EraseAsk,
    answers: { 200: view.EraseAnswer },
  },
  "GET /api/hub/backup": {
    summary: "A copy of all streams and of the registry as lines of JSON, each stream as of its mark; whole if it has its last line",
    answers: { 200: "lines" },
  },
  "POST /api/hub/backups/confirm": {
    summary: "A backup with these marks is safe: units may forget what it holds",
    body: view.BackupMarks,
    answers: { 200: view.ConfirmAnswer },
  },
  "POST /api/hub/restore": {
    summary: "Put a backup back, sent as it was given; every stream begins a new epoch",
    body: "lines",
    answers: { 200: view.RestoreAnswer },
  },
  "POST /api/hub/epochs": { summary: "The storage was put back by other means: every stream begins a new epoch", answers: { 200: view.EpochsAnswer } },
  "POST /api/hub/units/:unit/expel": {
    summary: "Nothing waits for this unit any more; when it comes back it compares digests",
    path: { unit: UnitId },
    answers: { 200: view.ExpelAnswer },
  },
};
