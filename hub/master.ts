/**
 * Master data of a tenant: imports and their runs, pairs before a person, old ids and what was merged. One object per tenant,
 * `hubObject(tenant, "master")`. Thin: what decides is pure and lies in `master/`, how it is carried out in `shell/master/`. The entities are the
 * streams'; here lies no value of theirs, but for a while the rows that an import refused. Answers with values are JSON text.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { type Refusal, isRefusal, refuse } from "../contracts/refusal.ts";
import type { DecideAsk, ImportAsk, ImportRun, MergeView } from "./master/asked.ts";
import type { MasterFamily } from "./master/profile.ts";
import { CopiedObject } from "./shell/copied-object.ts";
import * as deciding from "./shell/master/deciding.ts";
import { type Desk, REJECTS_KEPT_MS, importTable } from "./shell/master/importing.ts";
import * as merges from "./shell/master/merge-tables.ts";
import migrations from "./shell/master/migrations/migrations.js";
import { PASSING, putBackMaster } from "./shell/master/putting-back.ts";
import * as tables from "./shell/master/tables.ts";
import { nudge } from "./shell/nudge.ts";
import { openWith } from "./shell/opening.ts";

/** Runs and merges in one list. */
const LIST_MAX = 200;
/** Imports and decisions that wait for one another; an import may take a minute. */
const WAITING_MAX = 8;
/** After this a merge that was cut short is carried on. */
const CARRY_ON_MS = 5_000;

export class Master extends CopiedObject {
  protected override readonly passing = PASSING;
  readonly #desk: Desk = {
    db: drizzle(this.ctx.storage),
    env: this.env,
    tell: (units, stream) => {
      if (units.length > 0) this.ctx.waitUntil(nudge(this.env, units, stream));
    },
  };
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openWith(ctx, "master", async () => {
      await migrate(this.#desk.db, migrations);
      tables.stopRuns(this.#desk.db);
      if (merges.openMerges(this.#desk.db).length > 0) await ctx.storage.setAlarm(Date.now());
    });
  }

  /** As JSON text: an `ImportAnswer`, of the JSON text of an `ImportAsk`. */
  importTable(ask: string, by: string): Promise<string | Refusal> {
    return this.#inTurn(async () => {
      const answer = await importTable(this.#desk, JSON.parse(ask) as ImportAsk, by, () => Date.now());
      if (isRefusal(answer)) return answer;
      if (answer.run !== null && answer.run.rejectsUntil !== null) await this.#wakeBy(Date.now() + REJECTS_KEPT_MS);
      return JSON.stringify(answer);
    });
  }

  runs(): readonly ImportRun[] {
    return [...tables.listRuns(this.#desk.db, LIST_MAX)];
  }

  run(id: string): ImportRun | Refusal {
    return tables.readRun(this.#desk.db, id) ?? refuse("unknown-entity", "no import of that id", "see GET /api/hub/master/imports", "id");
  }

  /** Refused rows as CSV. Refuses `unknown-entity` and `too-late`. */
  rejects(id: string): string | Refusal {
    const run = this.run(id);
    if (isRefusal(run)) return run;
    return run.rejectsUntil === null || run.rejectsUntil <= Date.now()
      ? refuse("too-late", "this import refused no row, or its rows are not kept any more", "run it again as a dry run", "id")
      : tables.readRejectsFile(this.#desk.db, id);
  }

  /** As JSON text: a `ReviewsAnswer`. */
  async reviews(family: MasterFamily | undefined, after: string, limit: number): Promise<string> {
    return JSON.stringify(await deciding.readReviews(this.#desk, family, after, limit));
  }

  /** As JSON text: a `DecidedAnswer`, of the JSON text of a `DecideAsk`. */
  decide(id: string, ask: string, by: string): Promise<string | Refusal> {
    return this.#inTurn(async () => {
      await this.#wakeBy(Date.now() + CARRY_ON_MS);
      const answer = await deciding.decide(this.#desk, id, JSON.parse(ask) as DecideAsk, by, Date.now());
      return isRefusal(answer) ? answer : JSON.stringify(answer);
    });
  }

  merges(): readonly MergeView[] {
    return merges.listMerges(this.#desk.db, LIST_MAX).map((merge) => merges.mergeView(merge));
  }

  undo(id: string, by: string, why: string): Promise<MergeView | Refusal> {
    return this.#inTurn(async () => {
      await this.#wakeBy(Date.now() + CARRY_ON_MS);
      const undone = await deciding.takeBack(this.#desk, id, { by, at: Date.now(), why });
      return isRefusal(undone) ? undone : merges.mergeView(undone);
    });
  }

  /** The id that an old one means today; null when it means itself. */
  survivor(family: string, id: string): string | null {
    const survivor = tables.survivorOf(this.#desk.db, family, id);
    return survivor === id ? null : survivor;
  }

  /** Somebody is erased: every id that ever meant him; and refused rows, which may be his, are dropped. */
  forget(family: string, id: string): readonly string[] {
    tables.dropRejects(this.#desk.db, Date.now(), family);
    this.dropCopy();
    return [...tables.idsOf(this.#desk.db, family, tables.survivorOf(this.#desk.db, family, id))];
  }

  protected override putBack(sql: SqlStorage): void {
    putBackMaster(sql);
  }

  protected override async carryOnFrom(): Promise<void> {
    if (merges.openMerges(this.#desk.db).length > 0) await this.#wakeBy(Date.now());
  }

  override async alarm(): Promise<void> {
    tables.dropRejects(this.#desk.db, Date.now());
    await this.#inTurn(() => deciding.carryOn(this.#desk));
    const next = tables.listRuns(this.#desk.db, LIST_MAX).flatMap(({ rejectsUntil }) => (rejectsUntil === null ? [] : [rejectsUntil]));
    if (next.length > 0) await this.#wakeBy(Math.min(...next));
  }

  /** What plans upon what is here ends first. */
  override async endRestore(epoch: number): Promise<void> {
    const no = await this.#inTurn(() => super.endRestore(epoch));
    if (isRefusal(no)) throw new Error(no.rule);
  }

  /** One after another: each plans upon what the one before has written. Refuses `unavailable`. */
  async #inTurn<T>(body: () => Promise<T>): Promise<T | Refusal> {
    if (this.#waiting >= WAITING_MAX) return refuse("unavailable", `at most ${WAITING_MAX} imports and decisions wait`, "try again in a minute");
    this.#waiting += 1;
    const mine = this.#last.then(body, body);
    this.#last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #wakeBy(at: number): Promise<void> {
    const next = await this.ctx.storage.getAlarm();
    if (next === null || next > at) await this.ctx.storage.setAlarm(at);
  }
}
