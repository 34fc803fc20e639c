/**
 * Subjects that were erased, as a unit remembers them: what it says of them is that the value is no more, what it hears of them is kept
 * without personal values, and a hub that tells such values has forgotten the erasure (it was put back from before) and is told again.
 */
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { Operation } from "../../contracts/delta/operation.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import type { Question, Reply } from "./exchange.ts";
import type { ReplicaStore } from "./store.ts";

type Cell = EntityRecord["cells"][string];
type Subject = { readonly entity: string; readonly id: string };

/** What is still said of an erased subject, under its number. */
export function sayNoMore(operation: Operation): Operation {
  if (operation.value === undefined || meaningOf(operation.entity)?.isPersonal(operation.attr) !== true) return operation;
  const { value: _, ...rest } = operation;
  return { ...rest, op: "unset" };
}

/** Whether a record holds what an erased subject's may not hold. */
export function holdsPersonal(entity: string, cells: EntityRecord["cells"]): boolean {
  return Object.entries(cells).some(([attr, cell]) => isPersonal(entity, attr, cell));
}

/** The same record; what differs from the hub's is made equal once the hub has erased it, too. */
export function withoutPersonal(entity: string, record: EntityRecord): EntityRecord {
  if (!holdsPersonal(entity, record.cells)) return record;
  const cells = Object.entries(record.cells).map(([attr, cell]) => {
    if (!isPersonal(entity, attr, cell)) return [attr, cell] as const;
    const { value: _, held: __, ...rest } = cell;
    return [attr, rest] as const;
  });
  return { ...record, cells: Object.fromEntries(cells) };
}

function isPersonal(entity: string, attr: string, { value, held }: Cell): boolean {
  return (value !== undefined || held !== undefined) && meaningOf(entity)?.isPersonal(attr) === true;
}

/** Whether an answer tells personal values of a subject that this unit knows to be erased. */
export function revives(store: Pick<ReplicaStore, "isErased">, answer: Reply): boolean {
  return toldBy(answer).some(({ entity, id, cells }) => holdsPersonal(entity, cells) && store.isErased(entity, id));
}

function toldBy(answer: Reply): readonly (Subject & { readonly cells: EntityRecord["cells"] })[] {
  switch (answer.ask) {
    case "pull":
      return answer.reply.lines.map(({ entity, id, attr, row, cell }) => ({ entity, id, cells: row?.cells ?? (cell === undefined ? {} : { [attr]: cell }) }));
    case "load":
      return answer.reply.rows.map(({ entity, id, record }) => ({ entity, id, cells: record.cells }));
    case "rows":
      return answer.reply.rows;
    case "push":
      return (answer.reply.rows ?? []).map(({ entity, id, record }) => ({ entity, id, cells: record.cells }));
    case "digest":
      return [];
  }
}

/** Of whom an answer says that they were erased: by the lines of the erasure, with the entity, or of what was offered of them. */
export function erasedBy(question: Question, answer: Reply): readonly Subject[] {
  switch (answer.ask) {
    case "pull":
      return answer.reply.lines.filter(({ erased }) => erased === true);
    case "load":
    case "rows":
      return answer.reply.rows.filter(({ erased }) => erased === true);
    case "push": {
      const seqs = new Set((answer.reply.settled ?? []).flatMap(({ seq, reason }) => (reason?.split(", ").includes("erased") === true ? [seq] : [])));
      const offered = question.ask === "push" ? question.with.operations.filter(({ seq }) => seqs.has(seq)) : [];
      return [...offered, ...(answer.reply.rows ?? []).filter(({ erased }) => erased === true)];
    }
    case "digest":
      return [];
  }
}
