/**
 * The decision in the making: what the stages of one input have concluded so far, laid over what the unit knows. The next stage
 * reads through it, so that it sees what the ones before it changed, although nothing is committed yet.
 */
import type { Ask, Because, Decided, TimerChange } from "../../contracts/effect.ts";
import { columnsOf, type Change, type EntityOf, type Family, type UnitView, type Where } from "../../contracts/entity.ts";

export type Draft = {
  readonly view: UnitView;
  put(...changes: readonly Change[]): void;
  ask(...asks: readonly Ask[]): void;
  time(...timers: readonly TimerChange[]): void;
  because(...because: readonly Because[]): void;
  /** One change for each entity and one for each timer: the last word. */
  done(): Decided;
};

export function startDraft(base: UnitView): Draft {
  const changes = new Map<Family, Map<string, Change>>();
  const timers = new Map<string, TimerChange>();
  const asks: Ask[] = [];
  const reasons: Because[] = [];
  // The base does not change while one input is decided: a batch of verdicts reads each list of it once.
  const lists = new Map<string, readonly { readonly id: string }[]>();

  const baseList = <F extends Family>(family: F, where: Where | undefined): readonly EntityOf<F>[] => {
    const key = JSON.stringify([family, where?.state, where?.asset, where?.ticket, where?.engineer]);
    const known = lists.get(key) as readonly EntityOf<F>[] | undefined;
    if (known !== undefined) return known;
    const listed = base.list(family, where);
    lists.set(key, listed);
    return listed;
  };
  const view: UnitView = {
    scenario: base.scenario,
    get: (family, id) => {
      const change = changes.get(family)?.get(id);
      return change === undefined ? base.get(family, id) : afterOf(change, family) ?? undefined;
    },
    list: (family, where) => {
      const listed = baseList(family, where);
      const written = changes.get(family);
      if (written === undefined) return listed;
      const matching = [...written.values()].flatMap((change) => afterOf(change, family) ?? []).filter((entity) => matches(family, entity, where));
      return [...listed.filter((entity) => !written.has(entity.id)), ...matching].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    },
  };
  return {
    view,
    put: (...more) => {
      for (const change of more) {
        const written = changes.get(change.family) ?? new Map<string, Change>();
        changes.set(change.family, written.set(change.id, change));
      }
    },
    ask: (...more) => asks.push(...more),
    time: (...more) => more.forEach((timer) => timers.set("set" in timer ? timer.set : timer.cancel, timer)),
    because: (...more) => reasons.push(...more),
    done: () => ({ changes: [...changes.values()].flatMap((written) => [...written.values()]), asks, timers: [...timers.values()], because: reasons }),
  };
}

export function matches<F extends Family>(family: F, entity: EntityOf<F>, where: Where | undefined): boolean {
  if (where === undefined) return true;
  const columns = columnsOf(family, entity);
  return (["state", "asset", "ticket", "engineer"] as const).every((column) => where[column] === undefined || where[column] === columns[column]);
}

function afterOf<F extends Family>(change: Change, _family: F): EntityOf<F> | null {
  return change.after as EntityOf<F> | null;
}
