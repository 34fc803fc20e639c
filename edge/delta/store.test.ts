import { describe, test } from "vitest";
import { memoryReplica } from "./memory-store.ts";
import { STORE_CASES } from "./store.case.ts";

describe("a replica in memory", () => {
  for (const [name, run] of Object.entries(STORE_CASES))
    test(`U40 ${name}`, () => {
      const store = memoryReplica();
      run({ store, transact: store.transact });
    });
});
