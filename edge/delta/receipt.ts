/** The receipt of an absence in the making: what was delivered and how conflicts came out, from the answers of the hub. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { shortHash } from "../../contracts/delta/record.ts";
import type { Millis } from "../../contracts/instant.ts";
import { CONFLICTS_TOLD_MAX, type Conflict, type Receipt } from "../../contracts/receipt.ts";
import type { Answered, Question, Reply } from "./exchange.ts";
import { ownDigests } from "./repair.ts";
import type { ReplicaStore } from "./store.ts";

export type Absence = Omit<Receipt, "unit" | "convergedAt" | "lost" | "digests" | "equal">;

export function beginAbsence(awayAt: Millis, drill: boolean): Absence {
  return { awayAt, backAt: awayAt, drill, operations: 0, heard: 0, conflicts: [], conflictCount: 0, dead: 0 };
}

/** With one more answer. `backAt` 0 is set by the first. */
export function noteAnswer(absence: Absence, question: Question, answer: Reply, answered: Answered, now: Millis): Absence {
  const back = absence.backAt === absence.awayAt ? { ...absence, backAt: now } : absence;
  if (question.ask !== "push" || answer.ask !== "push") return { ...back, heard: back.heard + answered.heard.length };
  const found = (answer.reply.settled ?? []).flatMap((settled): readonly Conflict[] => {
    const operation = question.with.operations.find(({ seq }) => seq === settled.seq);
    if (operation === undefined || settled.outcome === "dead" || settled.reason === undefined) return [];
    const { entity, id, attr } = operation;
    const how = settled.outcome === "lost" ? "theirs" : settled.reason.includes("kept-both") ? "both" : "merged";
    return [{ entity, id, attr, how, reason: settled.reason }];
  });
  const delivered = answer.reply.through - (question.with.acknowledged ?? 0);
  return {
    ...back,
    operations: back.operations + Math.max(0, delivered),
    dead: back.dead + answer.reply.dead.length,
    conflictCount: back.conflictCount + found.length,
    conflicts: [...back.conflicts, ...found].slice(0, CONFLICTS_TOLD_MAX),
  };
}

/** One digest over a stream as this side holds it, comparable with the hub's families. */
export function streamDigest(families: Iterable<readonly [string, string]>): string {
  return shortHash(
    [...families]
      .map(([family, digest]) => `${family} ${digest}`)
      .toSorted()
      .join("\n"),
  );
}

export function ownStreamDigest(store: ReplicaStore, stream: StreamName): string {
  return streamDigest(ownDigests(store, stream));
}

export function endAbsence(absence: Absence, unit: string, digests: Receipt["digests"], lost: number, now: Millis): Receipt {
  // With nothing to say on either side, the comparison was the first thing that the hub answered.
  const backAt = absence.backAt === absence.awayAt ? now : absence.backAt;
  return { ...absence, unit, backAt, convergedAt: now, digests, lost, equal: digests.every(({ ours, theirs }) => ours === theirs) };
}
