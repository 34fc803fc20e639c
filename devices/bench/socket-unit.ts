/** A unit's replica in Node that speaks with a hub over the WebSocket: the very code of the unit, a store in memory, its questions one by one. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { contractName, contractsOfUnit } from "../../contracts/contract.ts";
import { FrameDown, type FrameUp, readFrame, writeFrame } from "../../contracts/delta/frame.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { Origin, StreamName } from "../../contracts/delta/operation.ts";
import { ruleOf } from "../../contracts/delta/rules.ts";
import { STREAM_OF } from "../../contracts/entity.ts";
import { isFamily } from "../../contracts/family-meaning.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { FRESH_SESSION, type Reply, type Session, nextQuestion, takeAnswer } from "../../edge/delta/exchange.ts";
import { memoryReplica } from "../../edge/delta/memory-store.ts";
import { putOperations, readPen } from "../../edge/delta/outbox.ts";
import { type Grammar, write } from "../../edge/delta/write.ts";
import { failure } from "../cli/outcome.ts";

export type Row = {
  readonly entity: string;
  readonly id: string;
  readonly before: Readonly<Record<string, Json>> | undefined;
  readonly after: Readonly<Record<string, Json>>;
};
export type SocketUnit = {
  /** Writes changes and talks until the hub has them. */
  commit(rows: readonly Row[], txId: string): Promise<void>;
  close(): void;
};

export async function openSocketUnit(port: number, unit: string, token: string, key: string): Promise<SocketUnit> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/hub/sync/${unit}`, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (down: FrameDown) => void>();
  let calls = 0;
  socket.on("message", (data: Buffer) => {
    const down = FrameDown.parse(readFrame(data));
    if ("call" in down) waiting.get(down.call)?.(down);
  });
  const ask = async <T>(name: FrameUp["ask"], given: unknown): Promise<T> => {
    const call = ++calls;
    const down = await new Promise<FrameDown>((resolve) => {
      waiting.set(call, resolve);
      socket.send(writeFrame({ call, ask: name, with: given }));
    });
    waiting.delete(call);
    if (!("reply" in down) || isRefusal(down.reply)) throw failure(`${name}: ${JSON.stringify(down)}`);
    return down.reply as T;
  };

  const origin = `${unit}@1` as Origin;
  const store = memoryReplica();
  const sessions = new Map<StreamName, Session>();
  await ask("register", { tenant: "default", unit, incarnation: "1", key, contracts: contractsOfUnit() });
  const grammar: Grammar = {
    streamOf: (entity) => (isFamily(entity) ? STREAM_OF[entity] : null),
    contractOf: (entity) => (isFamily(entity) ? contractName(entity) : entity),
    ruleOf: (entity, attr) => (isFamily(entity) ? ruleOf(entity, attr) : "lww"),
    epochOf: (stream) => store.readInbox(stream)?.epoch ?? 1,
  };
  const converse = async (stream: StreamName): Promise<void> => {
    for (;;) {
      const session = sessions.get(stream) ?? FRESH_SESSION;
      const question = nextQuestion(store, origin, stream, session);
      if (question === null) return;
      const reply = await ask<Reply["reply"]>(question.ask, { ...question.with, key });
      sessions.set(stream, takeAnswer(store, origin, question, { ask: question.ask, reply } as Reply, session, Date.now()).session);
    }
  };
  return {
    async commit(rows, txId) {
      const changes = rows.map((row) => ({ ...row, base: store.readBase(row.entity, row.id)?.record }));
      const { pen, operations } = write(readPen(store, origin), changes, grammar, { txId, actor: "bench", reason: "measured", now: Date.now() });
      putOperations(store, pen, operations);
      for (const stream of new Set(operations.map((operation) => operation.stream))) await converse(stream);
    },
    close: () => socket.close(),
  };
}
