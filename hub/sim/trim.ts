/** Trimming of a log, as the object's upkeep does it in SQL: lines that everybody has read go, but for what says how things stand. */
import type { MemoryStream } from "../merge/memory-store.ts";
import { spentOf } from "../merge/spent.ts";
import type { Line, LoggedOperation } from "../merge/store.ts";

/** Up to `most` lines in one turn; `keep` stay in any case. Returns how far the horizon moved. */
export function trim(store: MemoryStream, keep: number, most: number): number {
  const state = store.readState();
  const read = store.listReplicas().flatMap(({ expelled, applied }) => (expelled ? [] : [applied]));
  const horizon = Math.min(state.head - keep, state.horizon + most, ...read);
  if (horizon <= state.horizon) return 0;
  const about = new Map<string, Left[]>();
  const gone: number[] = [];
  for (let at = 1; at <= horizon; at++) {
    const line = store.lineAt(at);
    if (line === undefined) continue;
    const spent = at <= state.horizon ? null : spentOf({ ...line, ...nameOf(line) });
    if (spent !== null) store.writeSpent(spent);
    const key = `${line.entity}\n${line.id}`;
    const before = about.get(key) ?? [];
    const { left, dropped } = at <= state.horizon ? { left: [...before, leftOf(line)], dropped: [] } : pass(store, line, before);
    about.set(key, left);
    gone.push(...dropped);
  }
  store.drop(gone);
  store.writeState({ ...state, horizon });
  return horizon - state.horizon;
}

type Left = { readonly hubSeq: number; readonly attr: string };
type Passed = { readonly left: Left[]; readonly dropped: readonly number[] };

/** A line passes the horizon: the last one about each attribute of what is still there stays behind it. */
function pass(store: MemoryStream, line: Line, before: Left[]): Passed {
  const { hubSeq, entity, id, outcome } = line;
  if (outcome !== "applied") return { left: before, dropped: [hubSeq] };
  if (store.readRow(entity, id) === undefined) return { left: [], dropped: [...before.map((one) => one.hubSeq), hubSeq] };
  const { op, attr } = JSON.parse(line.text) as LoggedOperation;
  const isReplaced = (one: Left): boolean => op === "delete" || one.attr === attr;
  return {
    left: [...before.filter((one) => !isReplaced(one)), { hubSeq, attr }],
    dropped: before.filter(isReplaced).map((one) => one.hubSeq),
  };
}

function nameOf({ text }: Line): Pick<LoggedOperation, "txId" | "at"> {
  const { txId, at } = JSON.parse(text) as LoggedOperation;
  return { txId, at };
}

function leftOf({ hubSeq, text }: Line): Left {
  return { hubSeq, attr: (JSON.parse(text) as LoggedOperation).attr };
}
