/** What merging needs to know of a contract: which attributes there are, how each one merges, who may write it, whether it is personal. */
import type { Writers } from "../annotation.ts";
import type { Json } from "./json.ts";
import type { MergeRule, StreamName } from "./operation.ts";

export type Meaning = {
  readonly subject: string;
  readonly major: number;
  readonly stream: StreamName;
  readonly knows: (attr: string) => boolean;
  readonly ruleOf: (attr: string) => MergeRule;
  /** Of `""`, the attribute of a deletion: who may delete the entity. */
  readonly writersOf: (attr: string) => Writers;
  /** Absent: the tenant, and a unit joins an entity by writing to it. `unit`: whoever made it, and no other unit touches it. */
  readonly belongsTo?: "unit";
  readonly isPersonal: (attr: string) => boolean;
  /** Whether a value may stand in an attribute. */
  readonly fits: (attr: string, value: Json) => boolean;
};

/** The meaning of `{subject}@{major}`; undefined when whoever asks did not register it. */
export type Meanings = (entity: string, contract: string) => Meaning | undefined;
