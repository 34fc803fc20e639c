/**
 * The Hub object, thin: load, decide, commit, answer. One per tenant and stream takes that stream's pushes and keeps its log; one more,
 * the tenant's registry, holds units, contracts and tokens. Named by `hubObject(tenant, stream)` and `hubObject(tenant, "registry")`.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { PushReply } from "../contracts/delta/operation.ts";
import { type Refusal, isRefusal, refuse } from "../contracts/refusal.ts";
import { type Signed, equalText, hashSecret } from "../edge/shell/guard.ts";
import type { Place } from "./feed/cursor.ts";
import { readBatch } from "./merge/batch.ts";
import { recordKey, take } from "./merge/take.ts";
import { type Admission, judgeRegistration } from "./registry/register.ts";
import migrations from "./shell/migrations/migrations.js";
import * as registry from "./shell/registry-tables.ts";
import { type Consumer, type StreamHeard, confirm, forget, readHeard } from "./shell/consumer-tables.ts";
import { type Db, type KnownOrigin, readDead, readLog, readOrigin, readRecord, readState, writeOrigin, writeTaken } from "./shell/stream-tables.ts";
import { Waiters } from "./shell/waiters.ts";

/** Lines of one stream's log: at 1 KiB each half of the 10 GB that an object may hold. Beyond it pushes are refused and stay in the units' outboxes. */
const LOG_ROWS_MAX = 5_000_000;

export class Hub extends DurableObject<Env> {
  private readonly db: Db;
  private readonly waiters = new Waiters();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.db = drizzle(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      try {
        await migrate(this.db, migrations);
      } catch (error) {
        console.error("hub: migration failed", error instanceof Error ? (error.cause ?? error) : error);
        throw error;
      }
    });
  }

  // A stream.

  /** Lets an origin push here. Idempotent. */
  admit(admission: Admission): { readonly epoch: number } {
    return this.db.transaction(() => {
      writeOrigin(this.db, admission);
      return { epoch: readState(this.db).epoch };
    });
  }

  /** Applies each operation once; answers when all is durable. Refuses `unknown-origin`, `not-permitted`, `gap`, `quota-exceeded` and what `readBatch` refuses. */
  push(raw: unknown): PushReply | Refusal {
    const batch = readBatch(raw);
    if (isRefusal(batch)) return batch;
    const now = Date.now();
    const reply = this.db.transaction((): PushReply | Refusal => {
      const origin = proven(this.db, batch.origin, batch.key);
      if (isRefusal(origin)) return origin;
      const state = readState(this.db);
      if (state.head + batch.operations.length > LOG_ROWS_MAX)
        return refuse("quota-exceeded", `at most ${LOG_ROWS_MAX} lines of log in a stream`, "archive the log; until then the units keep their operations");
      const taken = take(batch.operations, { ...origin, stream: batch.stream }, state, (key) => readRecord(this.db, key), now);
      if (isRefusal(taken)) return taken;
      if (taken.entries.length > 0) writeTaken(this.db, origin, taken);
      const seqs = batch.operations.map((operation) => (operation as { seq: number }).seq);
      return { epoch: state.epoch, through: taken.through, receivedAt: now, dead: readDead(this.db, batch.origin, Math.min(...seqs), Math.max(...seqs)) };
    });
    if (!isRefusal(reply)) this.waiters.wake();
    return reply;
  }

  /**
   * The log after a place, as the JSON text of a `StreamPage`; null when the place lies in another epoch or ahead of the log.
   * `consumer`: who asks, and so says that it has what lies before.
   */
  read(after: Place, limit: number, unit?: string, consumer?: Consumer): string | null {
    const { epoch, head } = readState(this.db);
    if (after.position > head || (after.position > 0 && after.epoch !== epoch)) return null;
    if (consumer !== undefined) this.db.transaction(() => confirm(this.db, consumer, after.position, Date.now()));
    const { operations, looked } = readLog(this.db, after.position, limit, head, unit);
    return `{"looked":${JSON.stringify({ epoch, position: looked })},"operations":[${operations.join(",")}]}`;
  }

  /** Returns when the log has grown past a position, or after `ms`. Others are served meanwhile. */
  async waitPast(position: number, ms: number): Promise<void> {
    if (readState(this.db).head <= position) await this.waiters.wait(ms);
  }

  /** Where the log ends. */
  head(): Place {
    const { epoch, head } = readState(this.db);
    return { epoch, position: head };
  }

  /** The consumer was removed: nobody waits for it any more. */
  forget(token: string): void {
    forget(this.db, token);
  }

  /** What consumers have of an origin. Refuses `unknown-origin` and `not-permitted`. */
  heard(origin: string, key: string): StreamHeard | Refusal {
    const known = proven(this.db, origin, key);
    return isRefusal(known) ? known : readHeard(this.db, known, Date.now());
  }

  // The registry.

  register(raw: unknown): Admission | Refusal {
    return this.db.transaction((): Admission | Refusal => {
      const judged = judgeRegistration(raw, this.env.TENANT, hashSecret, (unit) => registry.readUnit(this.db, unit), equalText);
      if (isRefusal(judged)) return judged;
      return registry.writeUnit(this.db, judged.admission, judged.registration.contracts) ?? judged.admission;
    });
  }

  openUnit(unit: string): void {
    registry.openUnit(this.db, unit);
  }

  /** As JSON text: `Registered[]`. */
  contracts(unit?: string): string {
    return JSON.stringify(registry.readContracts(this.db, unit));
  }

  addToken(hash: string, signed: Signed): Refusal | null {
    return this.db.transaction(() => registry.writeToken(this.db, hash, signed, Date.now()));
  }

  whoIs(hash: string): Signed | null {
    return registry.readToken(this.db, hash) ?? null;
  }

  /** As JSON text: the merged entity with its versions and origins, for support and tests. */
  record(entity: string, id: string): string | null {
    const record = readRecord(this.db, recordKey(entity, id));
    return record === undefined ? null : JSON.stringify(record);
  }
}

function proven(db: Db, name: string, key: string): KnownOrigin | Refusal {
  const origin = readOrigin(db, name);
  if (origin === undefined) return refuse("unknown-origin", "this origin has not registered", "register the unit's contracts first", "origin");
  if (!equalText(origin.keyHash, hashSecret(key)))
    return refuse("not-permitted", "the key is not that of the origin", "push with the key that was registered", "key");
  return origin;
}
