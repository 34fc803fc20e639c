/**
 * A created unit at work: an input is one transaction, and what follows from it is performed after it. Timers and asks are rows; one
 * platform alarm serves the earliest, and looks again at what is under way, since this object may be gone before an answer comes.
 */
import { uuidv7 } from "uuidv7";
import type { Nudge } from "../../contracts/delta/frame.ts";
import { type Origin, type StreamName, StreamName as StreamNames } from "../../contracts/delta/operation.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Answered } from "../delta/exchange.ts";
import { beginAgain } from "../delta/refused.ts";
import { asksForPlan } from "../dispatch/replan/trigger.ts";
import { onAnswer, onDue } from "../journey.ts";
import { stockOf } from "../journey/preflight.ts";
import { promisedAs } from "../ticket/heard.ts";
import { commit, type Committed, type Ledger } from "./commit.ts";
import type { Entities } from "./entities.ts";
import { fanOutLine } from "./fan-out-line.ts";
import { takeHeard } from "./heard-desk.ts";
import { openHubLines } from "./hub-lines.ts";
import { knowledgeStore } from "./knowledge-store.ts";
import type { Live } from "./live.ts";
import { modelDesk } from "./model-desk.ts";
import { sqliteReplica } from "./replica-store.ts";
import type { Runner } from "./runner.ts";
import { stockStore } from "./stock-store.ts";
import { intakeNamed } from "./stubs.ts";
import { followWays, waysOfUnit } from "./travel-unit.ts";
import { hubLinkOf, kpisOfDesk, type Desk } from "./unit-desk.ts";
import { unitPlanner } from "./unit-planner.ts";
import { keepReceipt } from "./unit-receipts.ts";
import { tidy } from "./unit-retention.ts";
import { beginLife, raisePlanVersion, type UnitState } from "./unit-state.ts";
import { countPending, earliest, type Db } from "./unit-tables.ts";
import { serveTimers } from "./unit-timers.ts";
import { speakNewest } from "./unit-upgrade.ts";
import { wmsLine } from "./wms-line.ts";
import type { Write } from "./write.ts";

/** When an ask or a push that is under way is looked at again, should its answer never come. */
const LOOK_AGAIN_MS = 15_000;
/** Pages are told of the link and the figures at most this often: reckoning them reads some hundred rows. */
const STATUS_MS = 1_000;

export type Platform = { readonly ctx: DurableObjectState; readonly env: Env; readonly db: Db; readonly entities: Entities; readonly live: Live };

export function runUnit({ ctx, env, db, entities, live }: Platform, opened: UnitState, decideDue = onDue): Runner {
  let state = opened;
  let heardChanges: Committed[] = [];
  const syncs = opened.scenario.kind === "live";
  const knowledge = knowledgeStore(entities, opened.scenario);
  const stock = stockStore(entities);
  const ways = waysOfUnit(ctx, { get: entities.get, list: entities.list, scenario: opened.scenario }, waysRested);
  const view: UnitView = {
    get: entities.get,
    list: stock.list,
    ...(ways === null ? {} : { travel: ways.travel }),
    get scenario() {
      return knowledge.scenario();
    },
    get knows() {
      return knowledge.knows();
    },
    stockOf,
    promised: promisedAs,
    adrift: (model) => models.adrift(model),
    chanceOf: (said, now) => models.chanceOf(said, now),
  };
  const models = modelDesk({
    db,
    view: entities,
    unit: opened.unit,
    scenario: opened.scenario,
    input: (body, now) => arrived().input(body, now),
    planChanged,
    stepped: () => lines?.offers.due(),
  });
  const { decisionsMax } = opened.scenario.retention;
  const replica = sqliteReplica(db, (count) => crypto.getRandomValues(new Uint8Array(count)));
  ctx.storage.transactionSync(() => speakNewest(db, { entities, replica }));
  const ledger: Ledger = { db, entities, replica, origin: () => state.origin, syncs, rules: opened.rules, decisionsMax, newId: uuidv7 };
  const transact = <T>(body: () => T): T => ctx.storage.transactionSync(body);
  const lines = !syncs
    ? null
    : openHubLines({
        env,
        db,
        entities,
        replica,
        opened,
        state: () => state,
        models,
        transact,
        hearing,
        heard: hear,
        reborn,
        onReceipt: (receipt) => {
          transact(() => keepReceipt(db, receipt));
          status();
        },
        until: (work) => ctx.waitUntil(work),
        onChange: status,
        onNudge: nudge,
        onCut: cut,
      });
  const desk: Desk = { db, entities, unit: opened.unit, hub: () => lines?.link.state() ?? null };
  const planner = unitPlanner({ ctx, db, view, input, isWithout: opened.scenario.dispatch.planner === false });
  let armedAt: Millis | null = null;
  let retryAt: Millis | null = null;
  let telling = false;
  let taken = 0;

  const wmsUrl = opened.scenario.connectors.wms?.url;
  const wms =
    wmsUrl === undefined
      ? null
      : wmsLine({
          db,
          url: wmsUrl,
          unit: opened.unit,
          arrived: () => arrived().input,
          decide: (answer, now, write) => {
            const decided = onAnswer(view, answer, now, uuidv7);
            if (!isRefusal(decided)) write(decided, "wms", answer.type);
          },
          now: Date.now,
        });
  const fanOut = fanOutLine(opened.unit, () => arrived());
  const pathCalls = (): number => lines?.port.calls("path") ?? 0;
  const runner: Runner = {
    state: () => state,
    view,
    desk,
    knowledge,
    input,
    inputs: () => taken,
    arrived,
    plannerWork: planner.work,
    models,
    hub: lines?.port ?? null,
    planChanged,
    nudge,
    close: () => lines?.close(),
    drill: lines === null ? null : drill,
    wake,
  };

  function arrived(): Runner {
    const before = pathCalls();
    return { ...runner, input: (body, now) => input(body, now, before) };
  }

  /** `callsBefore`: calls on the path when what is put in arrived. */
  function input(body: (write: Write) => void, now: Millis, callsBefore = pathCalls()): void {
    const planBefore = state.planVersion;
    taken += 1;
    const changes: Committed[] = [];
    let asksPlanner = false;
    ctx.storage.transactionSync(() => {
      body((decided, actor, reason) => {
        asksPlanner ||= asksForPlan(decided);
        changes.push(...commit(ledger, decided, { actor, reason, now, hubCalls: pathCalls() - callsBefore }));
      });
      if (changes.some((c) => c.family === "device")) planChanged();
    });
    if (changes.some((c) => c.family === "knowledge")) knowledge.forget();
    if (changes.some((c) => c.family === "repair")) models.visited();
    if (changes.some((c) => c.family === "stock" || c.family === "depot")) stock.forget();
    live.tell(changes, now);
    followWays(ways, changes);
    status();
    if (state.planVersion !== planBefore) ctx.waitUntil(refreshIntake());
    ctx.waitUntil(follow());
    if (asksPlanner) planner.ask();
  }

  /** A plan that was made by the great circle, or by roads as they were, is looked at again when they are known to be otherwise. */
  function waysRested(news: number): void {
    ctx.waitUntil(arm());
    if (news > 0) planner.ask("again");
  }

  function planChanged(): void {
    state = { ...state, planVersion: raisePlanVersion(db) };
  }

  async function follow(): Promise<void> {
    // Armed before anything is awaited: what is committed is taken up again even if this object ends here.
    await arm();
    try {
      await Promise.all([wms?.drain(), fanOut.drain(), push()]);
    } finally {
      await arm();
    }
  }

  async function wake(): Promise<void> {
    armedAt = null;
    retryAt = null;
    serveTimers({ db, unit: opened.unit, view, input, decideDue }, Date.now());
    ways?.wake();
    if (planner.isAdopting()) planner.ask();
    ctx.storage.transactionSync(() => tidy(db, entities, opened.scenario, Date.now()));
    await follow();
  }

  async function push(): Promise<void> {
    retryAt = (await lines?.drain()) ?? null;
  }

  async function arm(): Promise<void> {
    const asking = wms?.busy() === true;
    const underWay = asking || planner.isAdopting() || (lines !== null && retryAt === null && countPending(db).pending > 0);
    const ats = [
      ways?.dueAt() ?? null,
      fanOut.nextAt(),
      earliest(db, wms !== null && !asking),
      lines === null ? null : retryAt,
      underWay ? Date.now() + LOOK_AGAIN_MS : null,
    ];
    const at = ats.reduce((first, one) => (first === null || (one !== null && one < first) ? one : first), null);
    if (at === null || (armedAt !== null && armedAt <= at)) return;
    armedAt = at;
    await ctx.storage.setAlarm(at);
  }

  function status(): void {
    if (telling || !live.hasDesk()) return;
    telling = true;
    setTimeout(() => {
      telling = false;
      live.status(
        () => hubLinkOf(desk),
        () => kpisOfDesk(desk),
        Date.now(),
      );
    }, STATUS_MS);
  }

  function nudge(of: Nudge): void {
    if (of === "models") lines?.offers.due();
    else lines?.link.nudge(of);
    ctx.waitUntil(follow());
  }

  /** No nudge comes until the hub is asked something: it is, soon, and by the alarm if this object ends before. */
  function cut(why: string): void {
    retryAt = lines?.link.cut(why) ?? null;
    ctx.waitUntil(arm());
  }

  function drill(ms: Millis): void {
    lines?.link.pause(Date.now() + ms);
    ctx.waitUntil(follow());
  }

  /** What an answer of the hub changes: pages and the Intake are told after its transaction. */
  function hearing<T>(body: () => T): T {
    heardChanges = [];
    const planBefore = state.planVersion;
    const result = transact(body);
    if (heardChanges.length > 0) live.tell(heardChanges, Date.now());
    if (state.planVersion !== planBefore) ctx.waitUntil(refreshIntake());
    return result;
  }

  function hear(stream: StreamName, answered: Answered): void {
    const { came, followed } = takeHeard({ unit: opened.unit, ledger, view }, stream, answered, Date.now());
    heardChanges.push(...came, ...followed);
    if (came.some(({ family }) => family === "device")) planChanged();
    if (came.length > 0) taken += 1;
    if ([...came, ...followed].some(({ family }) => family === "stock")) stock.forget();
  }

  function reborn(stream: StreamName, origin: Origin, from: number): void {
    const fresh = (): Origin => {
      state = beginLife(db, state, uuidv7());
      return state.origin;
    };
    beginAgain(replica, origin, state.origin, fresh, StreamNames.options, stream, from);
  }

  async function refreshIntake(): Promise<void> {
    await intakeNamed(env, opened.unit)
      .refresh(state.planVersion)
      .catch((error: unknown) => console.warn("the intake will load its plan later", error));
  }

  return runner;
}
