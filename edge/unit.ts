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
import { uuidv7 } from "uuidv7";
import type { Board, Chain, Me, Phone } from "../contracts/board.ts";
import type { ComplaintAnswer } from "../contracts/complaint-answer.ts";
import type { Decision } from "../contracts/decision.ts";
import type { Nudge } from "../contracts/delta/frame.ts";
import type { Baseline, Device } from "../contracts/device.ts";
import { NOTHING, UNIT, type Answer, type Decided } from "../contracts/effect.ts";
import type { Change } from "../contracts/entity.ts";
import type { Applied, ApplyFloor, FleetFloor } from "../contracts/fit.ts";
import type { Action } from "../contracts/fan-out.ts";
import type { Millis } from "../contracts/instant.ts";
import { sliceOf } from "../contracts/object-name.ts";
import type { Entry } from "../contracts/knowledge.ts";
import type { ModelCard, ModelsView, ProfileModels, StartShadow } from "../contracts/model.ts";
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
import { acceptShifts, dropShift, proposeRoster, shiftHistory } from "./dispatch/roster/unit-roster.ts";
import { whyNot } from "./dispatch/why-not.ts";
import { onAgreed, onAnswer, onPeople, onWear } from "./journey.ts";
import { onAction } from "./journey/fan-out.ts";
import { agree, type Agreed } from "./shell/agreement-desk.ts";
import { sqliteEntities } from "./shell/entities.ts";
import type { Signed } from "./shell/guard.ts";
import { knownTo, learn, type Taught, type Untaught } from "./shell/knowledge-desk.ts";
import { type Allowance, spend } from "./ticket/allowance.ts";
import { live } from "./shell/live.ts";
import migrations from "./shell/migrations/unit/migrations.js";
import { applyFloor, fitOf } from "./shell/fit-desk.ts";
import { addLink, addPassword, addToken, passwordFits, redeem, signOut, whois } from "./shell/sign-in.ts";
import type { ModelAsk } from "./shell/model-desk.ts";
import { heldModels, tryModelOn } from "./shell/model-intakes.ts";
import { checkParts, moveStock, putDepots, type Stock, stockSeenBy } from "./shell/stock-desk.ts";
import { intakeNamed } from "./shell/stubs.ts";
import { exportChunk, importChunk, sandboxOf, type UnitChunk } from "./shell/unit-copy.ts";
import { boardOf, chainOfTicket, phoneOf, ticketOfAnswer, ticketsOf } from "./shell/unit-desk.ts";
import { addDevice, type Coming, importEntities, type Import, type NewDevice, peopleChanged } from "./shell/unit-import.ts";
import { putPhoto, readPhoto } from "./shell/unit-photos.ts";
import { textDesk, type TextDesk } from "./shell/text-desk.ts";
import { runUnit, type Runner } from "./shell/unit-runner.ts";
import { countSandbox, createState, type HubElsewhere, joinHub, readState, writeScenario } from "./shell/unit-state.ts";
import { PENDING_MAX, countPending, readDecisions, readDecisionsAfter } from "./shell/unit-tables.ts";
import { readReceipts } from "./shell/unit-receipts.ts";
import { applyBatch } from "./shell/unit-verdicts.ts";
import { complaintAnswer } from "./ticket/complaint.ts";
import { promiseOf } from "./ticket/explained.ts";
import { isBetter } from "./verdict/baseline.ts";

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

  /** Refuses `exists`. */
  async create(unit: string, scenario: Scenario): Promise<{ readonly unit: string } | Refusal> {
    if (this.#runner !== null) return refuse("exists", "a unit's name is given once", "choose another name", "unit");
    await migrate(this.#db, migrations);
    this.ctx.storage.transactionSync(() => createState(this.#db, unit, scenario));
    await this.#open();
    return { unit };
  }

  async intakePlan(): Promise<IntakePlan | Refusal> {
    return this.#of((runner) => {
      const { unit, scenario, planVersion } = runner.state();
      const devices = this.#entities.list("device");
      return {
        unit,
        scenario,
        version: planVersion,
        devices,
        openAccess: this.env.OPEN_ACCESS === "1",
        models: runner.models.planned(),
        judges: runner.models.judges(),
      };
    });
  }

  async admitDevice(device: string, password: string): Promise<Device | Refusal> {
    return this.#of(() => {
      const found = this.#entities.get("device", device);
      if (found !== undefined && passwordFits(this.#db, device, password)) return found;
      return refuse("not-permitted", "user name and password of a device of this unit", "add the device, or give it a new password");
    });
  }

  async applyVerdicts(batch: VerdictBatch): Promise<{ readonly through: number } | Refusal> {
    return this.#of((runner) => applyBatch(runner, this.#db, batch, Date.now()));
  }

  async learnt(device: string, baseline: Baseline): Promise<void> {
    const before = this.#entities.get("device", device);
    const profile = this.#runner?.view.scenario.profiles.find(({ id }) => id === before?.profile);
    if (before === undefined || profile === undefined || !isBetter(before.baseline, baseline, profile)) return;
    const change: Change = { family: "device", id: device, after: { ...before, baseline } };
    this.#runner?.input((write) => write({ ...NOTHING, changes: [change] }, "journey", "commissioned"), Date.now());
  }

  async watched(report: WatchReport): Promise<void> {
    this.#of((runner) => {
      const now = Date.now();
      runner.models.report(report, now);
      const foreseen = onWear(runner.view, report.wear ?? [], now, uuidv7);
      if (foreseen.changes.length > 0) runner.input((write) => write(foreseen, UNIT, "wear"), now);
    });
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
    const applied = this.#of((runner) => {
      const made = applyFloor(runner.state(), profile, asked, by, now);
      if (isRefusal(made)) return made;
      this.ctx.storage.transactionSync(() => writeScenario(this.#db, made.scenario));
      runner.close();
      return made;
    });
    if (isRefusal(applied)) return applied;
    await this.#open();
    return this.#of((runner) => {
      runner.input((write) => {
        write(applied.decided, by, "fit");
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
  async answer(answer: Answer): Promise<{ readonly ticket?: Ticket; readonly about?: ComplaintAnswer } | Refusal> {
    return this.#of((runner) => {
      const now = Date.now();
      const no = "as" in answer && answer.as === "customer" ? spend(this.#allowance, answer.by, now) : null;
      const decided = no ?? onAnswer(runner.view, answer, now, uuidv7);
      if (isRefusal(decided)) return decided;
      runner.input((write) => write(decided, "by" in answer ? answer.by : "wms", answer.type), now);
      const ticket = ticketOfAnswer(this.#entities, answer);
      const about = answer.type === "complain" && answer.id !== undefined ? complaintAnswer(runner.view, answer.asset, answer.id) : undefined;
      return { ...(ticket === undefined ? {} : { ticket }), ...(about === undefined ? {} : { about }) };
    });
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
    return this.#import((coming) => importEntities(this.#entities, { ...coming, given }), actor);
  }

  /** The password is shown once. An existing device gets a new one, and its connections with the old one end. */
  async addDevice(given: NewDevice, actor: string): Promise<{ readonly device: string; readonly password: string } | Refusal> {
    const isKnown = this.#runner !== null && this.#entities.get("device", given.device) !== undefined;
    const written = this.#import((coming) => addDevice(this.#entities, { ...coming, given }), actor);
    if (isRefusal(written)) return written;
    const password = addPassword(this.#db, given.device);
    if (isKnown) this.ctx.waitUntil(this.#disconnect(given.device));
    return { device: given.device, password };
  }

  async addToken(role: Role, subject: string): Promise<{ readonly token: string } | Refusal> {
    return this.#person(role, subject, () => ({ token: addToken(this.#db, role, subject) }));
  }

  async addLink(role: Role, subject: string): Promise<{ readonly code: string } | Refusal> {
    return this.#person(role, subject, () => ({ code: addLink(this.#db, role, subject, Date.now()) }));
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
    return this.#of((runner) => this.#full() ?? agree(runner, document, dry, actor, Date.now()));
  }

  /** Refuses as `onAction`. */
  async sayOfAction(key: string, event: { readonly type: "allow" | "again" | "drop" }, by: string): Promise<{ readonly action?: Action } | Refusal> {
    return this.#of((runner) => {
      const now = Date.now();
      const decided = onAction(runner.view, key, event, by, now);
      if (isRefusal(decided)) return decided;
      runner.input((write) => write(decided, by, "fan-out"), now);
      const action = this.#entities.get("action", key)?.action;
      return action === undefined ? {} : { action };
    });
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
    const view = this.#of((runner) => ({ view: runner.view }));
    if (isRefusal(view)) return view;
    const steps = proposeRoster(view.view, days, Date.now());
    for (;;) {
      const step = steps.next();
      if (step.done === true) return isRefusal(step.value) ? step.value : { ...step.value, history: this.#shiftHistory() };
      // Others have their turn between two steps.
      await scheduler.wait(0);
    }
  }

  /** Shifts of their own dates, which dispatch goes by from now on. Refuses as `acceptShifts` of the shell. */
  async acceptShifts(given: AcceptShifts, actor: string): Promise<{ readonly written: number } | Refusal> {
    return this.#roster((runner, now) => acceptShifts(runner.view, given, actor, now), actor);
  }

  /** A dated shift is taken back. Refuses as `dropShift`. */
  async dropShift(given: DropShift, actor: string): Promise<{ readonly written: number } | Refusal> {
    return this.#roster((runner, now) => dropShift(runner.view, given, actor, now), actor);
  }

  /** What becomes of the jobs of whoever's hours are others follows in the same transaction. */
  #roster(decide: (runner: Runner, now: Millis) => Decided | Refusal, actor: string): { readonly written: number } | Refusal {
    return this.#of((runner) => {
      const now = Date.now();
      const decided = decide(runner, now);
      if (isRefusal(decided)) return decided;
      const people = peopleChanged(this.#entities, decided);
      runner.input((write) => {
        write(decided, actor, "roster");
        write(onPeople(runner.view, people, now, uuidv7), UNIT, "people");
      }, now);
      return { written: decided.changes.length };
    });
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

  #import(decide: (coming: Omit<Coming<never>, "given">) => Decided | Refusal, actor: string): { readonly written: number } | Refusal {
    return this.#of((runner) => {
      const full = this.#full();
      if (full !== null) return full;
      const now = Date.now();
      const { unit, scenario } = runner.state();
      const decided = decide({ unit, scenario, actor, now });
      if (isRefusal(decided)) return decided;
      const people = peopleChanged(this.#entities, decided);
      runner.input((write) => {
        write(decided, actor, "import");
        if (decided.changes.some(({ family }) => family === "agreement" || family === "calendar")) write(onAgreed(runner.view, now, uuidv7), UNIT, "agreed");
        if (people.length > 0) write(onPeople(runner.view, people, now, uuidv7), UNIT, "people");
      }, now);
      return { written: decided.changes.length };
    });
  }

  #full(): Refusal | null {
    if (countPending(this.#db).pending < PENDING_MAX) return null;
    return refuse("quota-exceeded", `at most ${PENDING_MAX} operations wait for the hub (PENDING_MAX)`, "let the unit reach its hub first");
  }

  async #disconnect(device: string): Promise<void> {
    const unit = this.#runner?.state().unit;
    if (unit !== undefined) await intakeNamed(this.env, unit, sliceOf(device)).disconnect(device);
  }

  #shiftHistory(): RosterView["history"] {
    const engineers = this.#entities.list("engineer").map(({ id }) => id);
    return shiftHistory(readDecisions(this.#db, engineers));
  }

  /** An engineer's token is for an engineer of this unit. */
  #person<T>(role: Role, subject: string, make: () => T): T | Refusal {
    return this.#of(() => {
      if (role === "engineer" && this.#entities.get("engineer", subject) === undefined)
        return refuse("unknown-engineer", "an engineer's token is for an engineer of this unit", "import the engineer first", "subject");
      if (role === "customer" && this.#entities.get("customer", subject) === undefined && !this.#entities.list("asset").some((one) => one.customer === subject))
        return refuse("unknown-entity", "a customer's token is for a customer of this unit", "import the customer or a machine of theirs first", "subject");
      return make();
    });
  }
}
