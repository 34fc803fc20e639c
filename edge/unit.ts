/**
 * The single writer of one scenario's truth. Thin: an input comes in, a stage decides, one transaction keeps it, and what follows is
 * performed: pages are told, asks are asked, the hub is pushed to.
 *
 *   Intake ─ verdicts ─▶┐                       ┌─▶ pages (live sockets)
 *   people ─ answers ──▶├─▶ stage ─▶ commit ────┼─▶ asks (WMS) ─ answer comes back as an input
 *   timers ─ due ──────▶┘        (one txn)      └─▶ outbox ─▶ hub
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { Board, Chain, Me, Phone } from "../contracts/board.ts";
import type { Decision } from "../contracts/decision.ts";
import type { Nudge } from "../contracts/delta/frame.ts";
import type { Baseline, Device } from "../contracts/device.ts";
import type { Answer, Decided } from "../contracts/effect.ts";
import type { Applied, ApplyFloor, FleetFloor } from "../contracts/fit.ts";
import type { Action } from "../contracts/fan-out.ts";
import type { Millis } from "../contracts/instant.ts";
import { sliceOf } from "../contracts/object-name.ts";
import type { Entry } from "../contracts/knowledge.ts";
import type { AcceptMapping } from "../contracts/mapping.ts";
import type { ModelCard } from "../contracts/model-card.ts";
import type { ModelsView, ProfileModels, StartShadow } from "../contracts/models-view.ts";
import type { Role } from "../contracts/permission.ts";
import type { PlanView, WhyNot } from "../contracts/plan.ts";
import type { PlannerWork } from "../contracts/planner.ts";
import type { Recurring, SimilarTickets } from "../contracts/past.ts";
import type { PartsCheck } from "../contracts/preflight.ts";
import type { TicketPromise } from "../contracts/promise.ts";
import { isRefusal, refuse, type Refusal } from "../contracts/refusal.ts";
import type { Receipt } from "../contracts/receipt.ts";
import type { AcceptShifts, DropShift, RosterView } from "../contracts/roster-view.ts";
import type { IntakePlan, UnitForIntake, WatchReport } from "../contracts/rpc.ts";
import type { Scenario } from "../contracts/scenario.ts";
import type { Depot, Movement, StockLevel } from "../contracts/stock.ts";
import type { Ticket } from "../contracts/ticket.ts";
import type { VerdictBatch } from "../contracts/verdict.ts";
import type { Photo } from "../contracts/visit.ts";
import { planView } from "./dispatch/replan/view.ts";
import { acceptShifts, dropShift } from "./dispatch/roster/unit-roster.ts";
import { whyNot } from "./dispatch/why-not.ts";
import { faultOfMappings } from "./ingest/mapping/compile.ts";
import { agree, type Agreed } from "./shell/agreement-desk.ts";
import { type ActionWord, type Answered, takeAnswer, takeWord } from "./shell/answer-desk.ts";
import { sqliteEntities } from "./shell/entities.ts";
import type { Signed } from "./shell/guard.ts";
import { knownTo, learn, type Taught, type Untaught } from "./shell/knowledge-desk.ts";
import type { Allowance } from "./ticket/allowance.ts";
import { live } from "./shell/live.ts";
import migrations from "./shell/migrations/unit/migrations.js";
import { applyFloor, fitOf } from "./shell/fit-desk.ts";
import { refuseFull, takeDevice, takeImport } from "./shell/import-desk.ts";
import { admit, planFor, takeBaseline, takeReport } from "./shell/intake-desk.ts";
import type { Runner } from "./shell/runner.ts";
import { rosterOf, writeShifts } from "./shell/roster-desk.ts";
import { addLink, addToken, redeem, refuseStranger, signOut, whois } from "./shell/sign-in.ts";
import { acceptRoute } from "./shell/mapping-desk.ts";
import type { ModelAsk } from "./shell/model-desk.ts";
import { heldModels, tryModelOn } from "./shell/model-intakes.ts";
import { checkParts, moveStock, putDepots, type Stock, stockSeenBy } from "./shell/stock-desk.ts";
import { intakeNamed } from "./shell/stubs.ts";
import { exportChunk, importChunk, sandboxOf, type UnitChunk } from "./shell/unit-copy.ts";
import { boardOf, chainOfTicket, phoneOf, ticketsOf } from "./shell/unit-desk.ts";
import type { Import, NewDevice } from "./shell/unit-import.ts";
import { putPhoto, readPhoto } from "./shell/unit-photos.ts";
import { textDesk, type TextDesk } from "./shell/text-desk.ts";
import { runUnit } from "./shell/unit-runner.ts";
import { countSandbox, createState, type HubElsewhere, joinHub, readState, writeScenario } from "./shell/unit-state.ts";
import { readDecisionsAfter } from "./shell/unit-tables.ts";
import { readReceipts } from "./shell/unit-receipts.ts";
import { applyBatch } from "./shell/unit-verdicts.ts";
import { promiseOf } from "./ticket/explained.ts";

/** Decisions in one answer. */
const DECISIONS_PAGE = 200;

export class Unit extends DurableObject<Env> implements UnitForIntake {
  readonly #db = drizzle(this.ctx.storage);
  readonly #entities = sqliteEntities(this.#db);
  readonly #live = live(this.ctx, this.#entities);
  readonly #allowance: Allowance = new Map();
  #runner: Runner | null = null;
  #texts: TextDesk | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      // A name that nobody created stays without tables: looking at it writes nothing.
      if (ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0) await this.#open();
    });
  }

  /** Refuses `exists`, and as `faultOfMappings`. */
  async create(unit: string, scenario: Scenario): Promise<{ readonly unit: string } | Refusal> {
    if (this.#runner !== null) return refuse("exists", "a unit's name is given once", "choose another name", "unit");
    const fault = faultOfMappings(scenario);
    if (fault !== null) return fault;
    await migrate(this.#db, migrations);
    this.ctx.storage.transactionSync(() => createState(this.#db, unit, scenario));
    await this.#open();
    return { unit };
  }

  async intakePlan(): Promise<IntakePlan | Refusal> {
    return this.#of((runner) => planFor(runner, this.env));
  }

  async admitDevice(device: string, password: string): Promise<Device | Refusal> {
    return this.#of((runner) => admit(runner, device, password));
  }

  async applyVerdicts(batch: VerdictBatch): Promise<{ readonly through: number } | Refusal> {
    return this.#of((runner) => applyBatch(runner, this.#db, batch, Date.now()));
  }

  async learnt(device: string, baseline: Baseline): Promise<void> {
    this.#of((runner) => takeBaseline(runner, device, baseline, Date.now()));
  }

  async watched(report: WatchReport): Promise<void> {
    this.#of((runner) => takeReport(runner, report, Date.now()));
  }

  async models(): Promise<ModelsView | Refusal> {
    const name = this.#of((runner) => ({ unit: runner.state().unit }));
    if (isRefusal(name)) return name;
    const held = await heldModels(this.env, name.unit);
    return this.#of((runner) => runner.models.view(held, Date.now()));
  }

  /** What the fleet's floors would be. Refuses as `fitOf`. */
  async fit(profile: string): Promise<FleetFloor | Refusal> {
    const state = this.#of((runner) => runner.state());
    return isRefusal(state) ? state : await fitOf(this.env, state, profile);
  }

  /** They count from now on. Refuses as `applyFloor`. */
  async applyFit(profile: string, asked: ApplyFloor, by: string): Promise<Applied | Refusal> {
    const now = Date.now();
    return await this.#rewrite((runner) => applyFloor(runner.state(), profile, asked, by, now), profile, by, "fit", now);
  }

  /** It counts from now on. Refuses as `acceptRoute`. */
  async acceptMapping(asked: AcceptMapping, by: string): Promise<Applied | Refusal> {
    const now = Date.now();
    const device = this.#entities.get("device", asked.device);
    return await this.#rewrite((runner) => acceptRoute(runner.state(), device, asked, by, now), device?.profile ?? "", by, "mapping", now);
  }

  /** A scenario that a person has changed: the unit begins anew with it. */
  async #rewrite(
    make: (runner: Runner) => { readonly scenario: Scenario; readonly decided: Decided } | Refusal,
    profile: string,
    by: string,
    why: string,
    now: Millis,
  ): Promise<Applied | Refusal> {
    const applied = this.#of((runner) => {
      const made = make(runner);
      if (isRefusal(made)) return made;
      this.ctx.storage.transactionSync(() => writeScenario(this.#db, made.scenario));
      runner.close();
      return made;
    });
    if (isRefusal(applied)) return applied;
    await this.#open();
    return this.#of((runner) => {
      runner.input((write) => {
        write(applied.decided, by, why);
        runner.planChanged();
      }, now);
      const { unit, rules } = runner.state();
      return { unit, profile, rules };
    });
  }

  /** Refuses `malformed` for a card of another file. */
  async putModelCard(hash: string, card: ModelCard): Promise<{ readonly hash: string } | Refusal> {
    return this.#of((runner) => {
      if (card.sha256 !== hash) return refuse("malformed", "the card of that very file", "send the card whose sha256 is in the path", "sha256");
      runner.models.putCard(card, Date.now());
      return { hash };
    });
  }

  /** The file is tried on the profile first. Refuses as the Intake's `tryOn` and `startShadow` of the journey. */
  async startShadow(profile: string, given: StartShadow, by: string, release?: string): Promise<ProfileModels | Refusal> {
    const name = this.#of((runner) => ({ unit: runner.state().unit }));
    if (isRefusal(name)) return name;
    const tried = await tryModelOn(this.env, name.unit, given.hash, profile);
    if (isRefusal(tried)) return tried;
    return this.askOfModel(profile, { type: "shadow", ...given, ...(release === undefined ? {} : { release }) }, by);
  }

  /** Refuses as the steps of the journey's `model.ts`. */
  async askOfModel(profile: string, ask: ModelAsk, by: string): Promise<ProfileModels | Refusal> {
    return this.#of((runner) => runner.models.ask(profile, ask, by, Date.now()));
  }

  /** What people say. A repeated answer is answered again: the ticket as it is. */
  async answer(answer: Answer): Promise<Answered | Refusal> {
    return this.#of((runner) => takeAnswer(runner, this.#allowance, answer, Date.now()));
  }

  /** The bytes of a photograph, and what the ticket says of it. The same picture again is the same photograph. Refuses as `putPhoto`. */
  async photograph(ticket: string, by: string, type: Photo["type"], takenAt: Millis, bytes: ArrayBuffer): Promise<{ readonly photo: Photo } | Refusal> {
    return this.#of((runner) => putPhoto(runner, this.#db, { ticket, by, type, takenAt, bytes: new Uint8Array(bytes) }, Date.now()));
  }

  /** Refuses `unknown-entity`, `not-yours`. */
  async photo(ticket: string, photo: string, who: Signed): Promise<{ readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } | Refusal> {
    return this.#of((runner) => readPhoto(runner, this.#db, { ticket, id: photo }, who));
  }

  async putEntities(given: Import, actor: string): Promise<{ readonly written: number } | Refusal> {
    return this.#of((runner) => takeImport(runner, given, actor, Date.now()));
  }

  /** The password is shown once. An existing device gets a new one, and its connections with the old one end. */
  async addDevice(given: NewDevice, actor: string): Promise<{ readonly device: string; readonly password: string } | Refusal> {
    const taken = this.#of((runner) => takeDevice(runner, given, actor, Date.now()));
    if (isRefusal(taken)) return taken;
    const { isKnown, ...shown } = taken;
    if (isKnown) this.ctx.waitUntil(this.#disconnect(given.device));
    return shown;
  }

  async addToken(role: Role, subject: string): Promise<{ readonly token: string } | Refusal> {
    return this.#of(() => refuseStranger(this.#entities, role, subject) ?? { token: addToken(this.#db, role, subject) });
  }

  async addLink(role: Role, subject: string): Promise<{ readonly code: string } | Refusal> {
    return this.#of(() => refuseStranger(this.#entities, role, subject) ?? { code: addLink(this.#db, role, subject, Date.now()) });
  }

  async redeem(code: string): Promise<{ readonly session: string; readonly role: Role } | Refusal> {
    return this.#of(() => this.ctx.storage.transactionSync(() => redeem(this.#db, code, Date.now())));
  }

  async whois(secret: string): Promise<Signed | Refusal> {
    return this.#of((runner) => {
      const signed = whois(this.#db, secret, Date.now());
      return isRefusal(signed) ? signed : { ...signed, unit: runner.state().unit };
    });
  }

  async signOut(secret: string): Promise<void> {
    this.#of(() => {
      const signed = whois(this.#db, secret, Date.now());
      signOut(this.#db, secret);
      if (!isRefusal(signed)) this.#live.leave(signed.subject);
    });
  }

  /** There is something at the hub that concerns this unit. */
  async nudge(of: Nudge): Promise<void> {
    this.#of((runner) => runner.nudge(of));
  }

  /** The unit syncs with a hub elsewhere from now on. Refuses `not-permitted` for a sandbox. */
  async joinHub(hub: HubElsewhere): Promise<{ readonly joined: string } | Refusal> {
    const joined = this.#of((runner) => {
      if (runner.hub === null) return refuse("not-permitted", "a sandbox has no hub", "join a live unit");
      this.ctx.storage.transactionSync(() => joinHub(this.#db, hub));
      runner.close();
      return { joined: hub.url };
    });
    if (!isRefusal(joined)) await this.#open();
    return joined;
  }

  async receipts(): Promise<readonly Receipt[] | Refusal> {
    return this.#of(() => readReceipts(this.#db));
  }

  /** An outage on purpose: for so long the hub is not called, and then a receipt shows what it took. Refuses `not-permitted` for a sandbox. */
  async drill(ms: number): Promise<{ readonly until: Millis } | Refusal> {
    return this.#of((runner) => {
      if (runner.drill === null) return refuse("not-permitted", "a sandbox has no hub", "practise with a live unit");
      runner.drill(ms);
      return { until: Date.now() + ms };
    });
  }

  async me(who: Signed): Promise<Me | Refusal> {
    return this.#of((runner) => {
      const engineer = who.role === "engineer" ? this.#entities.get("engineer", who.subject) : undefined;
      return { unit: runner.state().unit, role: who.role, subject: who.subject, name: engineer?.name ?? who.subject };
    });
  }

  async scenario(): Promise<Scenario | Refusal> {
    return this.#of((runner) => runner.view.scenario);
  }

  async board(): Promise<Board | Refusal> {
    return this.#of((runner) => boardOf(runner.desk, Date.now()));
  }

  async tickets(): Promise<readonly Ticket[] | Refusal> {
    return this.#of((runner) => ticketsOf(runner.desk));
  }

  async chain(ticket: string): Promise<Chain | Refusal> {
    return this.#of((runner) => chainOfTicket(runner.desk, ticket, runner.view, Date.now()));
  }

  /** Earlier jobs with words like the ticket's. Refuses `unknown-ticket`. */
  async similarTickets(ticket: string): Promise<SimilarTickets | Refusal> {
    return this.#of(() => this.#texts?.similar(ticket) ?? { read: 0, tickets: [] });
  }

  /** Faults that come again among this unit's jobs. */
  async recurring(): Promise<Recurring | Refusal> {
    return this.#of(() => this.#texts?.recurring() ?? { read: 0, groups: [] });
  }

  async knowledge(): Promise<{ readonly entries: readonly Entry[] } | Refusal> {
    return this.#of((runner) => ({ entries: knownTo(runner) }));
  }

  /** `dry`: only tried. */
  async learn(document: unknown, dry: boolean, actor: string): Promise<Taught | Untaught | Refusal> {
    return this.#of((runner) => learn(runner, document, dry, actor, Date.now()));
  }

  /** `dry`: only tried. Refuses `quota-exceeded` while too much waits for the hub. */
  async agree(document: unknown, dry: boolean, actor: string): Promise<Agreed | Untaught | Refusal> {
    return this.#of((runner) => refuseFull(this.#db) ?? agree(runner, document, dry, actor, Date.now()));
  }

  /** Refuses as `onAction`. */
  async sayOfAction(key: string, event: ActionWord, by: string): Promise<{ readonly action?: Action } | Refusal> {
    return this.#of((runner) => takeWord(runner, key, event, by, Date.now()));
  }

  async stock(who: Signed): Promise<Stock | Refusal> {
    return this.#of((runner) => stockSeenBy(runner, who));
  }

  async putDepots(depots: readonly Depot[], actor: string): Promise<{ readonly written: number } | Refusal> {
    return this.#of((runner) => putDepots(runner, depots, actor, Date.now()));
  }

  /** Refuses as `moveStock` of the shell. */
  async moveStock(movements: readonly Movement[], who: Signed): Promise<{ readonly levels: readonly StockLevel[] } | Refusal> {
    return this.#of((runner) => moveStock(runner, movements, who, Date.now()));
  }

  /** Whether the parts of a job would be there if the engineer went. Refuses `unknown-ticket`, `unknown-engineer`, `not-yours`. */
  async checkParts(ticket: string, engineer: string, who: Signed): Promise<PartsCheck | Refusal> {
    return this.#of((runner) => checkParts(runner, ticket, engineer, who, Date.now()));
  }

  async plan(): Promise<PlanView | Refusal> {
    return this.#of((runner) => planView(runner.view, Date.now()));
  }

  async plannerWork(): Promise<PlannerWork | Refusal> {
    return this.#of((runner) => runner.plannerWork());
  }

  /** Gaps of the coming days, and shifts that would close them. Refuses `malformed`. */
  async roster(days: number): Promise<RosterView | Refusal> {
    const runner = this.#of((runner) => runner);
    return isRefusal(runner) ? runner : await rosterOf(runner, days, Date.now());
  }

  /** Shifts of their own dates, which dispatch goes by from now on. Refuses as `acceptShifts` of the shell. */
  async acceptShifts(given: AcceptShifts, actor: string): Promise<{ readonly written: number } | Refusal> {
    const now = Date.now();
    return this.#of((runner) => writeShifts(runner, acceptShifts(runner.view, given, actor, now), actor, now));
  }

  /** A dated shift is taken back. Refuses as `dropShift`. */
  async dropShift(given: DropShift, actor: string): Promise<{ readonly written: number } | Refusal> {
    const now = Date.now();
    return this.#of((runner) => writeShifts(runner, dropShift(runner.view, given, actor, now), actor, now));
  }

  /** A ticket's promise, which agreement gave it and why. Refuses `unknown-ticket`. */
  async promise(ticket: string): Promise<TicketPromise | Refusal> {
    return this.#of((runner) => promiseOf(runner.view, ticket, Date.now()));
  }

  /** What would have to be other than it is for the engineer to be chosen. Refuses as `whyNot`. */
  async whyNot(ticket: string, engineer: string): Promise<WhyNot | Refusal> {
    return this.#of((runner) => whyNot(runner.view, ticket, engineer, Date.now()));
  }

  async decisions(after: string): Promise<readonly Decision[] | Refusal> {
    return this.#of(() => readDecisionsAfter(this.#db, after, DECISIONS_PAGE));
  }

  async phone(engineer: string): Promise<Phone | Refusal> {
    return this.#of((runner) => phoneOf(runner.desk, engineer, Date.now()));
  }

  /** The scenario of a sandbox of this unit, which is counted. Refuses `quota-exceeded`. */
  async sandboxScenario(name: string): Promise<Scenario | Refusal> {
    return this.#of((runner) => countSandbox(this.#db, name) ?? sandboxOf(runner.state().scenario, runner.models.bindings()));
  }

  /** `inputs` counts what the unit has taken in: unchanged between two chunks, they are of one instant. */
  async exportUnit(after: number): Promise<{ readonly chunk: UnitChunk; readonly inputs: number } | Refusal> {
    return this.#of((runner) => ({ chunk: exportChunk(this.#db, after), inputs: runner.inputs() }));
  }

  /** `through`: where the copied Intakes go on numbering. Refuses `not-permitted` for a unit that is no sandbox. */
  async importUnit(chunk: UnitChunk, through: Readonly<Record<number, number>>): Promise<void | Refusal> {
    return this.#of((runner) => {
      if (runner.state().scenario.kind !== "sandbox") return refuse("not-permitted", "only a sandbox takes another unit's state", "make a sandbox");
      this.ctx.storage.transactionSync(() => {
        importChunk(this.#db, chunk, through);
        runner.knowledge.forget();
        runner.planChanged();
      });
      return chunk.next === null ? runner.wake() : undefined;
    });
  }

  /** Pages' live sockets; the Worker has looked the permission up and says who it is. */
  override async fetch(request: Request): Promise<Response> {
    const role = request.headers.get("x-outpost-role") ?? "";
    return this.#live.join({ role, subject: request.headers.get("x-outpost-subject") ?? "" });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#live.hear(socket, message);
  }

  override async alarm(): Promise<void> {
    await this.#runner?.wake();
  }

  async #open(): Promise<void> {
    try {
      await migrate(this.#db, migrations);
    } catch (error) {
      // drizzle says "Rollback" only; what went wrong is underneath.
      console.error("migration of a unit failed", error);
      throw error;
    }
    const state = readState(this.#db);
    if (state === null) return;
    this.#runner = runUnit({ ctx: this.ctx, env: this.env, db: this.#db, entities: this.#entities, live: this.#live }, state);
    const { desk, view } = this.#runner;
    this.#texts = textDesk(desk, () => view.scenario);
    this.ctx.waitUntil(this.#runner.wake());
  }

  /** What `read` makes of a unit that was created. */
  #of<T>(read: (runner: Runner) => T): T | Refusal {
    return this.#runner === null
      ? refuse("unknown-unit", "a unit that was created here", "create it first, or check its name", "unit")
      : read(this.#runner.arrived());
  }

  async #disconnect(device: string): Promise<void> {
    const unit = this.#runner?.state().unit;
    if (unit !== undefined) await intakeNamed(this.env, unit, sliceOf(device)).disconnect(device);
  }
}
