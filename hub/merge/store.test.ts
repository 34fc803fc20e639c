import { describe, test } from "vitest";
import { memoryStream } from "./memory-store.ts";
import { STORE_CASES } from "./store.case.ts";

describe("a stream's store in memory", () => {
  for (const [name, run] of Object.entries(STORE_CASES))
    test(`D2 ${name}`, () => {
      const store = memoryStream();
      run({ store, transact: store.transact });
    });
});
