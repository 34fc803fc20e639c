/** The shelves in this object's memory, for questions that dispatch asks of every engineer at once. */
import type { EntityOf, Family, View } from "../../contracts/entity.ts";
import type { StockLevel } from "../../contracts/stock.ts";
import type { Entities } from "./entities.ts";

/** `list`: as the entities', but all shelves are the very same list until `forget`. */
export type StockStore = { readonly list: View["list"]; forget(): void };

export function stockStore(entities: Entities): StockStore {
  let levels: readonly StockLevel[] | null = null;
  return {
    list: <F extends Family>(family: F, where?: Parameters<View["list"]>[1]) => {
      if (family !== "stock" || where !== undefined) return entities.list(family, where);
      levels ??= entities.list("stock");
      return levels as readonly unknown[] as readonly EntityOf<F>[];
    },
    forget: () => void (levels = null),
  };
}
