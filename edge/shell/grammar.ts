/** How this unit's families are written as operations: the stream, the contract and the rule of each, and the hub's epoch as it was heard. */
import { contractName } from "../../contracts/contract.ts";
import { ruleOf } from "../../contracts/delta/rules.ts";
import { STREAM_OF } from "../../contracts/entity.ts";
import { isFamily } from "../../contracts/family-meaning.ts";
import type { ReplicaStore } from "../delta/store.ts";
import { type Grammar, epochHeard } from "../delta/write.ts";

export function grammarOf(replica: ReplicaStore): Grammar {
  return {
    streamOf: (entity) => (isFamily(entity) ? STREAM_OF[entity] : null),
    contractOf: (entity) => (isFamily(entity) ? contractName(entity) : entity),
    ruleOf: (entity, attr) => (isFamily(entity) ? ruleOf(entity, attr) : "lww"),
    epochOf: (stream) => epochHeard(replica, stream),
  };
}
