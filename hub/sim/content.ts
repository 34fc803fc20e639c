/**
 * What people and stages wanted to say, by content: who wrote which attribute of what in which transaction. The oracle asks for contents, never
 * for the numbers that the protocol gives them; so a lost number, or one used twice, is found out.
 */
import type { Json } from "../../contracts/delta/json.ts";
import type { Operation, StreamName } from "../../contracts/delta/operation.ts";
import { asNewest, majorOf, valueAsNewest } from "./contract.ts";

export type Content = {
  readonly key: string;
  /** A unit, or the hub. */
  readonly writer: string;
  readonly stream: StreamName;
  readonly entity: string;
  readonly id: string;
  /** In the newest words, like the value. */
  readonly attr: string;
  readonly op: Operation["op"];
  readonly value: Json | undefined;
  /** Values of a `manual` attribute that its writer had before his eyes. */
  readonly saw: readonly Json[];
  /** Its writer knew that all there was had been deleted. */
  readonly afterDeletion?: boolean;
  /** Its writer was told that it is durable. */
  acknowledged: boolean;
  /** `due`: exactly once in the log. `maybe`: at most once, since its writer's storage was lost with it. */
  fate: "due" | "maybe";
};

export function keyOfContent(txId: string, entity: string, id: string, attr: string): string {
  return `${txId}|${entity}|${id}|${attr}`;
}

/** The key of an operation, in whatever words it is. */
export function keyOfOperation({ txId, entity, id, attr, contract }: Pick<Operation, "txId" | "entity" | "id" | "attr" | "contract">): string {
  return keyOfContent(txId, entity, id, asNewest(attr, contract === "" ? 2 : majorOf(contract)));
}

export function contentOf(operation: Operation, writer: string, saw: readonly Json[]): Content {
  const { stream, entity, id, attr, op, value, contract } = operation;
  const major = majorOf(contract);
  return {
    key: keyOfOperation(operation),
    writer,
    stream,
    entity,
    id,
    attr: asNewest(attr, major),
    op,
    value: value === undefined ? undefined : valueAsNewest(attr, value, major),
    saw,
    acknowledged: false,
    fate: "due",
  };
}
