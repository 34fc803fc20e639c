import { expect, test } from "vitest";
import { z } from "zod";
import { fingerprint } from "./contract.ts";
import { FeedPage, Operation } from "./delta/operation.ts";
import { DigestAsk, DigestReply, LoadAsk, LoadReply, PullAsk, PullReply, PushBatch, PushReply, RowsAsk, RowsReply } from "./delta/sync.ts";
import { Down } from "./down.ts";
import { Registration } from "./rpc.ts";
import { Up } from "./up.ts";
import { DELTA_VERSION, PROTOCOL_VERSION } from "./version.ts";

/**
 * When one of these fails, a message has changed. Added something optional that old readers carry along: pin the new hash.
 * Anything else: raise the version too, and keep a sample of the old form in golden/.
 */
test("C8 the messages of the live socket are those of this protocol version", () => {
  expect({ version: PROTOCOL_VERSION, hash: hashOf(Up, Down) }).toEqual({
    version: 6,
    hash: "3dbcdbec0602875d2674e64d2671e08c56c247fdfdc312fb23242dd5eb22fd19",
  });
});

test("C8 the messages of the delta protocol are those of this delta version", () => {
  expect({
    version: DELTA_VERSION,
    hash: hashOf(Operation, PushBatch, PushReply, PullAsk, PullReply, LoadAsk, LoadReply, DigestAsk, DigestReply, RowsAsk, RowsReply, FeedPage, Registration),
  }).toEqual({
    version: 2,
    hash: "fbf8c39fd76f7c8b20610b0746dd83129381800af47526756f690c18d723385b",
  });
});

function hashOf(...schemas: readonly z.ZodType[]): string {
  return fingerprint(schemas.map((schema) => z.toJSONSchema(schema, { target: "draft-2020-12", override: ({ jsonSchema }) => dropMeaning(jsonSchema) })));
}

/** What a value means is pinned by its contract's fingerprint; here counts what goes over the wire. */
function dropMeaning(schema: z.core.JSONSchema.BaseSchema): void {
  for (const keyword of Object.keys(schema)) if (keyword.startsWith("x-")) delete schema[keyword];
}
