/** The unit's entities in memory, in order of id, each list read once until its family changes. */
import type { Change, EntityOf, Family, StockOf, UnitView } from "../../../contracts/entity.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { matches } from "../../decision/draft.ts";

export type Store = {
  readonly view: UnitView;
  /** What was there before. */
  put(change: Change): unknown;
};

export function startStore(scenario: Scenario, stockOf: StockOf): Store {
  const tables = new Map<Family, Map<string, unknown>>();
  const lists = new Map<Family, Map<string, readonly unknown[]>>();
  const view: UnitView = {
    scenario,
    stockOf,
    get: <F extends Family>(family: F, id: string) => tables.get(family)?.get(id) as EntityOf<F> | undefined,
    list: <F extends Family>(family: F, where?: Parameters<UnitView["list"]>[1]) => {
      const known = lists.get(family) ?? new Map<string, readonly unknown[]>();
      lists.set(family, known);
      const key = `${where?.state}|${where?.asset}|${where?.ticket}|${where?.engineer}`;
      const rows = (known.get(key) ?? read(family, where)) as readonly EntityOf<F>[];
      known.set(key, rows);
      return rows;
    },
  };

  function read<F extends Family>(family: F, where: Parameters<UnitView["list"]>[1]): readonly EntityOf<F>[] {
    if (where !== undefined) return view.list(family).filter((row) => matches(family, row, where));
    return ([...(tables.get(family)?.values() ?? [])] as EntityOf<F>[]).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    view,
    put: ({ family, id, after }) => {
      const table = tables.get(family) ?? new Map<string, unknown>();
      tables.set(family, table);
      lists.delete(family);
      const before = table.get(id);
      if (after === null) table.delete(id);
      else table.set(id, after);
      return before;
    },
  };
}
