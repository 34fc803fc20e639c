/** What a unit knows, with some of its records other than they are: everything is read anew from it as if it were so. */
import { columnsOf, type Change, type EntityOf, type Family, type UnitView, type Where } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";

/** Lists of it are read once: it is asked many times, and nothing changes meanwhile. */
export function withChanges(base: UnitView, changes: readonly Change[]): UnitView {
  const written = new Map(changes.map((change) => [`${change.family} ${change.id}`, change]));
  return overlaid(
    base,
    (family, where, listed) => {
      const own = changes.filter((change) => change.family === family);
      if (own.length === 0) return listed();
      const kept = listed().filter(({ id }) => !written.has(`${family} ${id}`));
      const more = own.flatMap(({ after }) => (after === null ? [] : [after as (typeof kept)[number]])).filter((entity) => matches(family, entity, where));
      return [...kept, ...more].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    (family, id) => {
      const change = written.get(`${family} ${id}`);
      return change === undefined ? base.get(family, id) : ((change.after ?? undefined) as ReturnType<typeof base.get<typeof family>>);
    },
  );
}

/** With nobody else in it, for whoever's figures depend on nobody else. */
export function withOnly(base: UnitView, engineer: EngineerId): UnitView {
  return overlaid(base, (family, _where, listed) => (family === "engineer" ? listed().filter(({ id }) => id === engineer) : listed()), base.get);
}

type List = <F extends Family>(family: F, where: Where | undefined, listed: () => readonly EntityOf<F>[]) => readonly EntityOf<F>[];

function overlaid(base: UnitView, change: List, get: UnitView["get"]): UnitView {
  const lists = new Map<string, readonly unknown[]>();
  return {
    scenario: base.scenario,
    ...(base.travel === undefined ? {} : { travel: base.travel }),
    ...(base.stockOf === undefined ? {} : { stockOf: base.stockOf }),
    ...(base.adrift === undefined ? {} : { adrift: base.adrift }),
    ...(base.chanceOf === undefined ? {} : { chanceOf: base.chanceOf }),
    ...(base.knows === undefined ? {} : { knows: base.knows }),
    ...(base.promised === undefined ? {} : { promised: base.promised }),
    get,
    list: <F extends Family>(family: F, where?: Where): readonly EntityOf<F>[] => {
      const key = [family, where?.state, where?.asset, where?.ticket, where?.engineer].join("\n");
      const known = lists.get(key) ?? change(family, where, () => base.list(family, where));
      lists.set(key, known);
      return known as readonly EntityOf<F>[];
    },
  };
}

function matches<F extends Family>(family: F, entity: EntityOf<F>, where: Where = {}): boolean {
  const columns = columnsOf(family, entity);
  return (["state", "asset", "ticket", "engineer"] as const).every((column) => where[column] === undefined || where[column] === columns[column]);
}
