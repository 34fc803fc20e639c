/**
 * Everything that leaves the hub by itself, one object per tenant: webhooks that nudge, consumers' cursors, connectors to systems that we
 * call. Thin: who has a turn is decided in `relay/turn.ts`, what happens in it in `shell/relay/`.
 *
 *   push ─ wake ─▶┐
 *   alarm ───────▶┼─▶ turns ─┬─▶ webhook: read the feed from its cursor ─▶ POST ─▶ cursor, again, dead letter
 *   people ──────▶┘          └─▶ connector: head of its queue ─▶ call through the breaker
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { Millis } from "../contracts/instant.ts";
import { type Refusal, isRefusal } from "../contracts/refusal.ts";
import type { Signed } from "../edge/shell/guard.ts";
import type { ConnectorCall, NewConnector, NewConsumer, NewWebhook, Redeliver } from "./relay/asked.ts";
import type { Link } from "./relay/link.ts";
import { type Running, SLOW_MS, type Waiting, pickTurns } from "./relay/turn.ts";
import { CopiedObject } from "./shell/copied-object.ts";
import { openWith } from "./shell/opening.ts";
import { CALL_MS, type Called, drain } from "./shell/relay/caller.ts";
import * as connectors from "./shell/relay/connector-desk.ts";
import { queueOf, readConnector, readWaiting, writeConnector } from "./shell/relay/connector-tables.ts";
import * as consumers from "./shell/relay/consumer-desk.ts";
import type { NamedConsumer } from "./shell/relay/consumer-tables.ts";
import { deliverTo } from "./shell/relay/deliverer.ts";
import { buryAll, readEndpoint, readLiving, writeProgress } from "./shell/relay/endpoint-tables.ts";
import { forgetIn } from "./shell/relay/forgetting.ts";
import { linksOf } from "./shell/relay/links.ts";
import migrations from "./shell/relay/migrations/migrations.js";
import { PASSING, putBackOutgoing } from "./shell/relay/putting-back.ts";
import * as webhooks from "./shell/relay/webhook-desk.ts";

/** After a turn that ended in a bug. */
const BUG_MS = 60_000;
/** How long whoever writes through a connector waits for the answer before it hears that the write is queued. */
const WRITE_WAIT_MS = CALL_MS + 1_000;

export class Outgoing extends CopiedObject {
  protected override readonly passing = PASSING;
  readonly #db = drizzle(this.ctx.storage);
  readonly #running = new Map<string, Running>();
  /** When each last had its turn: who waits longest begins first. */
  readonly #lastAt = new Map<string, Millis>();
  /** Webhooks for which there may be something new. Lost with the object: then their poll finds it. */
  readonly #woken = new Set<string>();
  /** Who waits for the answer to a write, by its number in the queue. */
  readonly #answers = new Map<number, (called: Called | null) => void>();
  readonly #reads = new Map<string, number>();
  #lookAt: Millis | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openWith(ctx, "outgoing", () => migrate(this.#db, migrations));
  }

  /** There is something new in the feed. Answers whether anybody is told. */
  async wake(): Promise<boolean> {
    const living = readLiving(this.#db).filter(({ state }) => state === "active");
    for (const { id, failures } of living) if (failures === 0) this.#woken.add(id);
    await this.#turns();
    return living.length > 0;
  }

  override async alarm(): Promise<void> {
    this.#lookAt = null;
    await this.#turns();
  }

  // Webhooks.

  async addWebhook(who: Signed, asked: NewWebhook): Promise<{ readonly id: string; readonly secret: string } | Refusal> {
    return this.#after(await webhooks.addWebhook(this.env, this.#db, who, asked));
  }

  webhooks(who: Signed): string {
    return webhooks.listWebhooks(this.#db, who);
  }

  removeWebhook(who: Signed, id: string): null | Refusal {
    return webhooks.removeWebhook(this.#db, who, id);
  }

  rotateSecret(who: Signed, id: string): ReturnType<typeof webhooks.rotateSecret> {
    return webhooks.rotateSecret(this.#db, who, id);
  }

  async resumeWebhook(who: Signed, id: string, from: string | undefined): Promise<null | Refusal> {
    return this.#after(await webhooks.resumeWebhook(this.env, this.#db, who, id, from));
  }

  async redeliver(who: Signed, id: string, asked: Redeliver): Promise<{ readonly again: number | null } | Refusal> {
    return this.#after(await webhooks.redeliverWebhook(this.env, this.#db, who, id, asked));
  }

  deadLetters(who: Signed, id: string, after: number): string | Refusal {
    return webhooks.listDead(this.#db, who, id, after);
  }

  // Consumers.

  async addConsumer(who: Signed, asked: NewConsumer): Promise<{ readonly id: string; readonly cursor: string } | Refusal> {
    return await consumers.addConsumer(this.env, this.#db, who, asked);
  }

  async consumers(who: Signed): Promise<string> {
    return await consumers.listConsumers(this.env, this.#db, who, Date.now());
  }

  consumer(who: Signed, id: string): NamedConsumer | Refusal {
    return consumers.consumerOf(this.#db, who, id);
  }

  async commit(who: Signed, id: string, cursor: string): Promise<{ readonly cursor: string } | Refusal> {
    return await consumers.commit(this.env, this.#db, who, id, cursor);
  }

  async removeConsumer(who: Signed, id: string): Promise<null | Refusal> {
    return await consumers.removeConsumer(this.env, this.#db, who, id);
  }

  // Connectors.

  addConnector(asked: NewConnector): { readonly id: string } | Refusal {
    return connectors.addConnector(this.env, this.#db, asked);
  }

  connectors(): string {
    return connectors.listConnectors(this.#db, Date.now());
  }

  removeConnector(id: string): null | Refusal {
    return connectors.removeConnector(this.#db, id);
  }

  waitingWrites(id: string): string | Refusal {
    return connectors.listQueue(this.#db, id);
  }

  async redeliverWrites(id: string, n: number | undefined): Promise<{ readonly again: number } | Refusal> {
    return this.#after(connectors.redeliver(this.#db, id, n));
  }

  /** Reads answer at once, if need be with the last good answer; writes go through the queue, and wait here for their answer a while. */
  async call(id: string, asked: ConnectorCall): Promise<connectors.CallAnswer | Refusal> {
    if (asked.method !== "GET") return await this.#write(id, asked);
    const underWay = this.#reads.get(id) ?? 0;
    this.#reads.set(id, underWay + 1);
    const answer = await connectors.read(this.env, this.#db, id, asked.path, underWay).finally(() => this.#reads.set(id, (this.#reads.get(id) ?? 1) - 1));
    // It is back: what waits need not wait for its time.
    if (!isRefusal(answer) && "stale" in answer && !answer.stale && queueOf(this.#db, id).depth > 0) {
      writeConnector(this.#db, id, { nextAt: 0 });
      await this.#turns();
    }
    return answer;
  }

  /** Somebody is erased, by every id that ever meant him. */
  forgetSubject(ids: readonly string[]): void {
    this.ctx.storage.transactionSync(() => forgetIn(this.ctx.storage.sql, ids));
    this.dropCopy();
  }

  /** How each link fares. */
  async links(): Promise<readonly Link[]> {
    return await linksOf(this.env, this.#db, Date.now());
  }

  protected override putBack(sql: SqlStorage, epoch: number): void {
    putBackOutgoing(sql, epoch, Date.now());
  }

  protected override async carryOnFrom(): Promise<void> {
    await this.#turns();
  }

  async #write(id: string, asked: ConnectorCall): Promise<connectors.CallAnswer | Refusal> {
    const queued = connectors.write(this.#db, id, asked);
    if (isRefusal(queued)) return queued;
    const { n, key } = queued;
    const wait = Promise.withResolvers<Called | null>();
    const connector = readConnector(this.#db, id);
    const atOnce = connector?.breaker.state === "closed" && connector.nextAt <= Date.now();
    const timer = setTimeout(() => wait.resolve(null), atOnce ? WRITE_WAIT_MS : 0);
    this.#answers.set(n, wait.resolve);
    await this.#turns();
    const called = await wait.promise;
    clearTimeout(timer);
    this.#answers.delete(n);
    return called === null ? { queued: true, key, depth: queueOf(this.#db, id).depth } : connectors.answerOf(called);
  }

  /** Somebody changed something: there may be somebody to send to. */
  async #after<T>(answer: T): Promise<T> {
    if (!isRefusal(answer)) await this.#turns();
    return answer;
  }

  /** Begins whose turn it is, and sets the alarm for who comes later. */
  async #turns(): Promise<void> {
    const now = Date.now();
    const { begin, lookAt } = pickTurns(this.#waiting(), [...this.#running.values()], now);
    for (const one of begin) this.#begin(one, now);
    if (lookAt !== null) await this.#look(lookAt);
  }

  #begin({ id: key, suspect }: Waiting, now: Millis): void {
    const [kind, id] = [key.slice(0, 1), key.slice(1)];
    this.#running.set(key, { suspect });
    this.#lastAt.set(key, now);
    this.#woken.delete(id);
    const turn = kind === "w" ? this.#deliver(id) : drain(this.env, this.#db, id, (n, called) => this.#answers.get(n)?.(called));
    this.ctx.waitUntil(turn.catch((error: unknown) => this.#bug(kind, id, error)).then(() => this.#end(key)));
  }

  async #deliver(id: string): Promise<void> {
    const more = await deliverTo(this.env, this.#db, id, () => this.#woken.delete(id));
    if (more) this.#woken.add(id);
  }

  /** The turn is over: the place is free. What is due begins with an alarm of its own, so that no event does work without end. */
  async #end(key: string): Promise<void> {
    const now = Date.now();
    this.#running.delete(key);
    const { begin, lookAt } = pickTurns(this.#waiting(), [...this.#running.values()], now);
    if (begin.length > 0) await this.#look(now);
    else if (lookAt !== null) await this.#look(lookAt);
  }

  #bug(kind: string, id: string, error: unknown): void {
    console.error("outgoing: a turn failed", error);
    const nextAt = Date.now() + BUG_MS;
    if (kind === "c") return writeConnector(this.#db, id, { nextAt });
    const endpoint = readEndpoint(this.#db, id);
    buryAll(this.#db, id);
    if (endpoint !== undefined) writeProgress(this.#db, endpoint, { nextAt, lastError: error instanceof Error ? error.message : String(error) });
  }

  /** Everybody who is not having a turn and will have one. */
  #waiting(): readonly Waiting[] {
    const endpoints = readLiving(this.#db).map(({ id, failures, tookMs, nextAt, again }): Waiting => ({
      id: `w${id}`,
      dueAt: this.#woken.has(id) || again ? 0 : nextAt,
      lastAt: this.#lastAt.get(`w${id}`) ?? 0,
      suspect: failures > 0 || tookMs > SLOW_MS,
    }));
    const queues = readWaiting(this.#db).map(({ id, breaker, nextAt }): Waiting => ({
      id: `c${id}`,
      dueAt: nextAt,
      lastAt: this.#lastAt.get(`c${id}`) ?? 0,
      suspect: breaker.state !== "closed",
    }));
    return [...endpoints, ...queues].filter(({ id }) => !this.#running.has(id));
  }

  async #look(at: Millis): Promise<void> {
    if (this.#lookAt !== null && this.#lookAt <= at) return;
    this.#lookAt = at;
    await this.ctx.storage.setAlarm(at);
  }
}
