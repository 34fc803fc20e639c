/**
 * A created unit at work: an input is one transaction, and what follows from it is performed after it. Timers and asks are rows; one
 * platform alarm serves the earliest, and looks again at what is under way, since this object may be gone before an answer comes.
 */
import { uuidv7 } from "uuidv7";
import type { Quarantined } from "../../contracts/board.ts";
import { contractsOfUnit } from "../../contracts/contract.ts";
import { Due, UNIT, type Decided } from "../../contracts/effect.ts";
import type { Nudge } from "../../contracts/delta/frame.ts";
import { type StreamName, StreamName as StreamNames } from "../../contracts/delta/operation.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { onAgreed, onAnswer, onComplaints, onDue, onHeard, onPeople } from "../journey.ts";
import { stockOf } from "../journey/preflight.ts";
import { promisedAs } from "../ticket/heard.ts";
import type { Answered } from "../delta/exchange.ts";
import { asksForPlan } from "../dispatch/replan/trigger.ts";
import { namingOf } from "../delta/naming.ts";
import { putOperations, readPen } from "../delta/outbox.ts";
import { beginAgain } from "../delta/refused.ts";
import { writeAgain } from "../delta/write.ts";
import { commit, type Committed, type Ledger } from "./commit.ts";
import type { Entities } from "./entities.ts";
import { fanOutLine } from "./fan-out-line.ts";
import { grammarOf } from "./grammar.ts";
import { hubLink, type HubLink } from "./hub-link.ts";
import { type HubModels, hubModels } from "./hub-models.ts";
import { hubNotes } from "./hub-note.ts";
import { hubPort, type HubPort } from "./hub-port.ts";
import { hubSocket } from "./hub-socket.ts";
import { knowledgeStore, type KnowledgeStore } from "./knowledge-store.ts";
import type { Live } from "./live.ts";
import { plannerAdoption } from "./planner-adoption.ts";
import { modelDesk, type ModelDesk } from "./model-desk.ts";
import { giveModel, hasModel, tryModelOn } from "./model-intakes.ts";
import { plannerLink } from "./planner-link.ts";
import { sqliteReplica } from "./replica-store.ts";
import { stockStore } from "./stock-store.ts";
import { intakeNamed } from "./stubs.ts";
import { hubLinkOf, kpisOfDesk, type Desk } from "./unit-desk.ts";
import { applyHeard } from "./unit-heard.ts";
import { keepReceipt } from "./unit-receipts.ts";
import { tidy } from "./unit-retention.ts";
import { beginLife, raisePlanVersion, type UnitState } from "./unit-state.ts";
import { followWays, waysOfUnit } from "./travel-unit.ts";
import { speakNewest } from "./unit-upgrade.ts";
import { applyTimers, countPending, earliest, nextDue, readMeta, writeMeta, type Db } from "./unit-tables.ts";
import { failed } from "./failed.ts";
import { wmsLine } from "./wms-line.ts";

/** Timers served by one alarm; more wait for the next, so that an input is never kept waiting long. */
const TIMERS_A_TURN = 200;
/** When an ask or a push that is under way is looked at again, should its answer never come. */
const LOOK_AGAIN_MS = 15_000;
/** The row of a proposal that is adopted in pieces. */
const ADOPTION = "planAdoption";
/** Pages are told of the link and the figures at most this often: reckoning them reads some hundred rows. */
const STATUS_MS = 1_000;

export type Write = (decided: Decided, actor: string, reason: string) => void;

export type Runner = {
  readonly state: () => UnitState;
  readonly view: UnitView;
  readonly desk: Desk;
  readonly knowledge: KnowledgeStore;
  /** One input: everything that `body` writes is one transaction, then what follows from it is performed. */
  readonly input: (body: (write: Write) => void, now: Millis) => void;
  /** How many inputs this object has taken since it was opened. */
  readonly inputs: () => number;
  /** The runner for what has arrived now: calls to the hub that are begun between this and the commit are in the decisions. */
  readonly arrived: () => Runner;
  readonly plannerWork: () => PlannerWork;
  readonly models: ModelDesk;
  /** Null in a sandbox. Nothing that an engineer waits for needs it; what does, is counted. */
  readonly hub: HubPort | null;
  /** What the Intake works by has changed. Inside a transaction. */
  readonly planChanged: () => void;
  /** There is something at the hub that concerns this unit. */
  readonly nudge: (of: Nudge) => void;
  /** Another runner takes over: the line to a hub elsewhere ends. */
  readonly close: () => void;
  /** An outage on purpose, for so long. Null in a sandbox. */
  readonly drill: ((ms: Millis) => void) | null;
  /** The platform's alarm rang, or the object has just been opened. */
  readonly wake: () => Promise<void>;
};

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
    stepped: () => offers?.due(),
  });
  const { decisionsMax } = opened.scenario.retention;
  const replica = sqliteReplica(db, (count) => crypto.getRandomValues(new Uint8Array(count)));
  ctx.storage.transactionSync(() => speakNewest(db, { entities, replica }));
  const ledger: Ledger = { db, entities, replica, origin: () => state.origin, syncs, rules: opened.rules, decisionsMax, newId: uuidv7 };
  const elsewhere =
    opened.hub === null || !syncs ? null : hubSocket({ address: opened.hub.url, token: opened.hub.token, unit: opened.unit, onNudge: nudge, onCut: cut });
  const hub = syncs ? hubPort(env, elsewhere) : null;
  const link = hub === null ? null : lineTo(hub);
  const notes = hub === null ? null : notesTo(hub);
  const offers = hub === null ? null : modelsOf(hub);
  const desk: Desk = { db, entities, unit: opened.unit, hub: () => link?.state() ?? null };
  const adoption = plannerAdoption({
    view,
    read: () => readMeta(db, ADOPTION),
    write: (text) => writeMeta(db, ADOPTION, text),
    input,
    newId: uuidv7,
    now: Date.now,
  });
  const planner = plannerLink({
    view,
    adoption,
    propose: async (ask) => await ctx.exports.Planner.propose(ask),
    until: (work) => ctx.waitUntil(work),
    sleep: (ms) => scheduler.wait(ms),
    now: Date.now,
  });
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
  const pathCalls = (): number => hub?.calls("path") ?? 0;
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
    hub,
    planChanged,
    nudge,
    close: () => elsewhere?.close(),
    drill: link === null ? null : drill,
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
    if (asksPlanner && opened.scenario.dispatch.planner !== false) planner.ask();
  }

  /** A plan that was made by the great circle, or by roads as they were, is looked at again when they are known to be otherwise. */
  function waysRested(news: number): void {
    ctx.waitUntil(arm());
    if (news > 0 && opened.scenario.dispatch.planner !== false) planner.ask("again");
  }

  /** A unit without a planner leaves what one has begun. */
  function isAdopting(): boolean {
    return opened.scenario.dispatch.planner !== false && adoption.isBegun();
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
    turn(Date.now());
    ways?.wake();
    if (isAdopting()) planner.ask();
    ctx.storage.transactionSync(() => tidy(db, entities, opened.scenario, Date.now()));
    await follow();
  }

  /** Serves the timers that are due, each as an input of its own. One that throws (a bug) is recorded and passed over: the others still come due. */
  function turn(now: Millis): void {
    for (let i = 0; i < TIMERS_A_TURN; i++) {
      const timer = nextDue(db, now);
      if (timer === undefined) return;
      const cancel = (): void => applyTimers(db, [{ cancel: timer.key }]);
      try {
        const due = Due.parse(JSON.parse(timer.due));
        input((write) => {
          cancel();
          write(decideDue(view, due, now, uuidv7), UNIT, due.type);
        }, now);
      } catch (error) {
        console.error(`${opened.unit}: timer ${timer.key} is passed over`, error);
        input((write) => {
          cancel();
          write(failed("timer", timer.key, error, now), UNIT, "timer failed");
        }, now);
      }
    }
  }

  async function push(): Promise<void> {
    retryAt = (await link?.drain()) ?? null;
    // Not awaited: what is written meanwhile goes first.
    if (link?.state().state !== "up") return;
    if (notes !== null) ctx.waitUntil(notes.tell());
    if (offers !== null) ctx.waitUntil(offers.tell());
  }

  async function arm(): Promise<void> {
    const asking = wms?.busy() === true;
    const underWay = asking || isAdopting() || (link !== null && retryAt === null && countPending(db).pending > 0);
    const ats = [
      ways?.dueAt() ?? null,
      fanOut.nextAt(),
      earliest(db, wms !== null && !asking),
      link === null ? null : retryAt,
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
    if (of === "models") offers?.due();
    else link?.nudge(of);
    ctx.waitUntil(follow());
  }

  /** No nudge comes until the hub is asked something: it is, soon, and by the alarm if this object ends before. */
  function cut(why: string): void {
    retryAt = link?.cut(why) ?? null;
    ctx.waitUntil(arm());
  }

  function drill(ms: Millis): void {
    link?.pause(Date.now() + ms);
    ctx.waitUntil(follow());
  }

  function lineTo(port: HubPort): HubLink {
    return hubLink({
      db,
      replica,
      hub: port.background,
      origin: () => state.origin,
      registration: () => ({ tenant: env.TENANT, unit: opened.unit, incarnation: state.incarnation, key: opened.key, contracts: [...contractsOfUnit()] }),
      transact: (body) => hearing(() => ctx.storage.transactionSync(body)),
      heard: takeHeard,
      reborn,
      onReceipt: (receipt) => {
        ctx.storage.transactionSync(() => keepReceipt(db, receipt));
        status();
      },
      now: Date.now,
      chance: Math.random,
      onChange: status,
    });
  }

  function notesTo(port: HubPort): ReturnType<typeof hubNotes> {
    return hubNotes({
      db,
      entities,
      hub: port.background,
      proof: () => ({ origin: state.origin, key: opened.key }),
      scenario: opened.scenario,
      rules: opened.rules,
      refused: async () => {
        const answer = await intakeNamed(env, opened.unit).quarantine();
        const copy = structuredClone(answer) as readonly Quarantined[];
        (answer as Partial<Disposable>)[Symbol.dispose]?.();
        return copy;
      },
      transact: (body) => ctx.storage.transactionSync(body),
      now: Date.now,
    });
  }

  function modelsOf(port: HubPort): HubModels {
    const { unit, scenario, key } = opened;
    return hubModels({
      db,
      hub: port.background,
      proof: () => ({ origin: state.origin, key }),
      profiles: scenario.profiles.map(({ id }) => id),
      desk: models,
      has: (hash) => hasModel(env, unit, hash),
      give: (hash, bytes) => giveModel(env, unit, hash, bytes),
      tryOn: (hash, profile) => tryModelOn(env, unit, hash, profile),
      transact: (body) => ctx.storage.transactionSync(body),
      now: Date.now,
    });
  }

  /** What an answer of the hub changes: pages and the Intake are told after its transaction. */
  function hearing<T>(body: () => T): T {
    heardChanges = [];
    const planBefore = state.planVersion;
    const result = body();
    if (heardChanges.length > 0) live.tell(heardChanges, Date.now());
    if (state.planVersion !== planBefore) ctx.waitUntil(refreshIntake());
    return result;
  }

  function takeHeard(stream: StreamName, answered: Answered): void {
    const now = Date.now();
    const naming = namingOf(opened.unit, replica, (family, id) => entities.get(family, id) !== undefined);
    const changes = applyHeard({ db, entities, replica, naming, stream, answered });
    heardChanges.push(...changes);
    if (changes.some((change) => change.family === "device")) planChanged();
    if (changes.length > 0) taken += 1;
    const heard = answered.heard.map((one) => ({ ...one, id: naming.inward(one.entity, one.id) }));
    const decided = onHeard(view, heard, now, uuidv7);
    heardChanges.push(...commit(ledger, decided, { actor: UNIT, reason: "heard from the hub", now, hubCalls: 0 }));
    // One that is new to this unit comes whole, and no single write of it is heard.
    const isAbout = (family: string): boolean => family === "agreement" || family === "calendar";
    if (changes.some(({ family }) => isAbout(family)) && !heard.some(({ entity }) => isAbout(entity)))
      heardChanges.push(...commit(ledger, onAgreed(view, now, uuidv7), { actor: UNIT, reason: "agreed at the hub", now, hubCalls: 0 }));
    const people = changes.filter(({ family, id }) => family === "engineer" && !heard.some((one) => one.entity === family && one.id === id));
    const ids = people.map(({ id }) => id);
    if (ids.length > 0) heardChanges.push(...commit(ledger, onPeople(view, ids, now, uuidv7), { actor: UNIT, reason: "people came in", now, hubCalls: 0 }));
    const said = changes.flatMap(({ family, id }) => (family === "complaint" ? [id] : []));
    if (said.length > 0)
      heardChanges.push(...commit(ledger, onComplaints(view, said, now, uuidv7), { actor: UNIT, reason: "said at the hub", now, hubCalls: 0 }));
    if (heardChanges.some(({ family }) => family === "stock")) stock.forget();
    if (answered.rewrite.length === 0) return;
    const why = { txId: uuidv7(), actor: UNIT, reason: "written again after a restore of the hub", now };
    const { pen, operations } = writeAgain(readPen(replica, state.origin), answered.rewrite, grammarOf(replica), why);
    putOperations(replica, pen, operations);
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
