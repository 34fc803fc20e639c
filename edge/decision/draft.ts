/**
 * The decision in the making: what the stages of one input have concluded so far, laid over what the unit knows. The next stage
 * reads through it, so that it sees what the ones before it changed, although nothing is committed yet.
 */
import type { Ask, Because, Decided, Draft, TimerChange } from "../../contracts/effect.ts";
import { columnsOf, type Change, type EntityOf, type Family, type UnitView, type Where } from "../../contracts/entity.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { record } from "./record.ts";

/** `advance` is the life of a ticket; `done` gives one change for each entity and one for each timer: the last word. */
export function startDraft(base: UnitView, advance: Draft["advance"]): Draft & { done(): Decided } {
  const changes = new Map<Family, Map<string, Change>>();
  const timers = new Map<string, TimerChange>();
  const asks: Ask[] = [];
  const because: Because[] = [];
  const put = (...more: readonly Change[]): void => {
    for (const change of more) changes.set(change.family, (changes.get(change.family) ?? new Map<string, Change>()).set(change.id, change));
  };
  return {
    view: overlay(base, changes),
    put,
    ask: (...more) => void asks.push(...more),
    time: (...more) => more.forEach((timer) => timers.set("set" in timer ? timer.set : timer.cancel, timer)),
    advance: (ticket, event) => {
      const after = advance(ticket, event);
      if (!isRefusal(after) && after !== ticket) put({ family: "ticket", id: after.id, after });
      return after;
    },
    tell: (cause, step, subject, told) => void because.push(record(cause, step, subject, told)),
    done: () => ({ changes: [...changes.values()].flatMap((written) => [...written.values()]), asks, timers: [...timers.values()], because }),
  };
}

export function matches<F extends Family>(family: F, entity: EntityOf<F>, where: Where | undefined): boolean {
  if (where === undefined) return true;
  const columns = columnsOf(family, entity);
  return (["state", "asset", "ticket", "engineer"] as const).every((column) => where[column] === undefined || where[column] === columns[column]);
}

function overlay(base: UnitView, changes: ReadonlyMap<Family, ReadonlyMap<string, Change>>): UnitView {
  // The base does not change while one input is decided: each list of it is read once, also by a batch of verdicts.
  const lists = new Map<string, readonly { readonly id: string }[]>();
  const baseList = <F extends Family>(family: F, where: Where | undefined): readonly EntityOf<F>[] => {
    const key = JSON.stringify([family, where?.state, where?.asset, where?.ticket, where?.engineer]);
    const known = lists.get(key) as readonly EntityOf<F>[] | undefined;
    if (known !== undefined) return known;
    const listed = base.list(family, where);
    lists.set(key, listed);
    return listed;
  };
  return {
    scenario: base.scenario,
    ...(base.travel === undefined ? {} : { travel: base.travel }),
    ...(base.stockOf === undefined ? {} : { stockOf: base.stockOf }),
    ...(base.adrift === undefined ? {} : { adrift: base.adrift }),
    ...(base.chanceOf === undefined ? {} : { chanceOf: base.chanceOf }),
    ...(base.knows === undefined ? {} : { knows: base.knows }),
    get: (family, id) => {
      const change = changes.get(family)?.get(id);
      return change === undefined ? base.get(family, id) : (afterOf(change, family) ?? undefined);
    },
    list: (family, where) => {
      const listed = baseList(family, where);
      const written = changes.get(family);
      if (written === undefined) return listed;
      const matching = [...written.values()].flatMap((change) => afterOf(change, family) ?? []).filter((entity) => matches(family, entity, where));
      return [...listed.filter((entity) => !written.has(entity.id)), ...matching].toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    },
  };
}

function afterOf<F extends Family>(change: Change, _family: F): EntityOf<F> | null {
  return change.after as EntityOf<F> | null;
}
