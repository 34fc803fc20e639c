/** The shelves in this object's memory, for questions that dispatch asks of every engineer at once. */
import type { StockFor } from "../../contracts/plan.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { StockLevel } from "../../contracts/stock.ts";
import { stockForOf } from "../journey/preflight.ts";
import type { Entities } from "./entities.ts";

export type StockStore = { readonly stockFor: StockFor; forget(): void };

export function stockStore(entities: Entities, scenario: Scenario): StockStore {
  let levels: ReadonlyMap<string, StockLevel> | null = null;
  const read = (): ReadonlyMap<string, StockLevel> => {
    levels ??= new Map(entities.list("stock").map((level) => [level.id, level]));
    return levels;
  };
  return { stockFor: stockForOf({ get: entities.get, list: entities.list, scenario }, read), forget: () => void (levels = null) };
}
