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
import { contractsOfUnit } from "../contracts/contract.ts";
import type { Decision } from "../contracts/decision.ts";
import { NOTHING, type Answer, type Decided } from "../contracts/effect.ts";
import type { Change } from "../contracts/entity.ts";
import type { TenantId, UnitId } from "../contracts/ids.ts";
import type { Baseline, Device } from "../contracts/device.ts";
import type { Millis } from "../contracts/instant.ts";
import { intakeObject } from "../contracts/object-name.ts";
import type { Role } from "../contracts/permission.ts";
import { isRefusal, refuse, type Refusal } from "../contracts/refusal.ts";
import type { HubForUnit, IntakePlan, UnitForIntake } from "../contracts/rpc.ts";
import type { Scenario } from "../contracts/scenario.ts";
import type { Ticket } from "../contracts/ticket.ts";
import { VerdictBatch } from "../contracts/verdict.ts";
import { onAnswer, onDue, onVerdicts } from "./journey.ts";
import type { UnitView } from "../contracts/entity.ts";
import { commit, type Ledger } from "./shell/commit.ts";
import { sqliteEntities } from "./shell/entities.ts";
import type { Signed } from "./shell/guard.ts";
import { hubLink, type HubLink } from "./shell/hub-link.ts";
import { live } from "./shell/live.ts";
import migrations from "./shell/migrations/unit/migrations.js";
import { addLink, addPassword, addToken, passwordFits, redeem, signOut, whois } from "./shell/sign-in.ts";
import { boardOf, chainOfTicket, hubLinkOf, kpisOfDesk, phoneOf, ticketsOf, type Desk } from "./shell/unit-desk.ts";
import { exportChunk, importChunk, sandboxOf, type UnitChunk } from "./shell/unit-copy.ts";
import { addDevice, importEntities, type Import, type NewDevice } from "./shell/unit-import.ts";
import { createState, raisePlanVersion, readState, type UnitState } from "./shell/unit-state.ts";
import {
  applyTimers,
  countPending,
  earliest,
  nextDue,
  postponeAsk,
  readAsks,
  readDecisionsAfter,
  readThrough,
  settleAsk,
  writeThrough,
} from "./shell/unit-tables.ts";
import { perform, retryAfter } from "./shell/wms.ts";

/** Timers served by one alarm; more wait for the next, so that an input is never kept waiting long. */
const TIMERS_A_TURN = 200;
/** When an ask or a push that is under way is looked at again, should its answer never come. */
const LOOK_AGAIN_MS = 15_000;
/** Decisions in one answer. */
const DECISIONS_PAGE = 200;

/** A unit that was created: what it is, where it writes, and its line to the hub (none for a sandbox). */
type Running = { readonly state: UnitState; readonly ledger: Ledger; readonly view: UnitView; readonly desk: Desk; readonly link: HubLink | null };

export class Unit extends DurableObject<Env> implements UnitForIntake {
  readonly #db = drizzle(this.ctx.storage);
  readonly #entities = sqliteEntities(this.#db);
  readonly #live = live(this.ctx);
  #running: Running | null = null;
  #armedAt: Millis | null = null;
  #retryAt: Millis | null = null;
  #asking = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      // A name that nobody created stays without tables: looking at it writes nothing.
      if (ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0) await this.#open();
    });
  }

  /** Refuses `exists`. */
  async create(unit: string, scenario: Scenario): Promise<{ readonly unit: string } | Refusal> {
    if (this.#running !== null) return refuse("exists", "a unit's name is given once", "choose another name", "unit");
    await this.#migrate();
    this.ctx.storage.transactionSync(() => createState(this.#db, unit, scenario));
    await this.#open();
    return { unit };
  }

  async intakePlan(): Promise<IntakePlan | Refusal> {
    const running = this.#running;
    if (running === null) return unknownUnit();
    const { unit, scenario, planVersion } = running.state;
    return { unit, scenario, version: planVersion, devices: this.#entities.list("device"), openAccess: this.env.OPEN_ACCESS === "1" };
  }

  async admitDevice(device: string, password: string): Promise<Device | Refusal> {
    if (this.#running === null) return unknownUnit();
    const found = this.#entities.get("device", device);
    if (found === undefined || !passwordFits(this.#db, device, password))
      return refuse("not-permitted", "user name and password of a device of this unit", "add the device, or give it a new password");
    return found;
  }

  async applyVerdicts(batch: VerdictBatch): Promise<{ readonly through: number } | Refusal> {
    const running = this.#running;
    if (running === null) return unknownUnit();
    const parsed = VerdictBatch.safeParse(batch);
    if (!parsed.success)
      return refuse(
        "malformed",
        parsed.error.issues[0]?.message ?? "a verdict batch",
        "send what contracts/verdict.ts says",
        parsed.error.issues[0]?.path.join("."),
      );
    const { unit, slice, from, verdicts } = parsed.data;
    if (unit !== running.state.unit) return refuse("wrong-unit", `this is unit ${running.state.unit}`, "send verdicts to the unit that they are of", "unit");
    const through = readThrough(this.#db, slice);
    if (from > through + 1) return refuse("gap", `transitions of slice ${slice} go on at ${through + 1}`, `send from ${through + 1}`, "from");
    const last = from + verdicts.length - 1;
    if (last <= through) return { through };
    const now = Date.now();
    this.#input((write) => {
      for (const verdict of verdicts.slice(through + 1 - from)) write(onVerdicts(running.view, [verdict], now, uuidv7), "journey", `verdict ${verdict.state}`);
      writeThrough(this.#db, slice, last);
    }, now);
    return { through: last };
  }

  async learnt(device: string, baseline: Baseline): Promise<void> {
    const before = this.#entities.get("device", device);
    if (before === undefined || before.baseline !== undefined) return;
    const now = Date.now();
    this.#input((write) => write({ ...NOTHING, changes: [{ family: "device", id: device, after: { ...before, baseline } }] }, "journey", "commissioned"), now);
  }

  async answer(answer: Answer): Promise<{ readonly ticket?: Ticket } | Refusal> {
    const running = this.#running;
    if (running === null) return unknownUnit();
    const now = Date.now();
    const decided = onAnswer(running.view, answer, now, uuidv7);
    if (isRefusal(decided)) return decided;
    this.#input((write) => write(decided, "by" in answer ? answer.by : "wms", answer.type), now);
    const id = decided.changes.find((c) => c.family === "ticket")?.id;
    const ticket = id === undefined ? undefined : this.#entities.get("ticket", id);
    return ticket === undefined ? {} : { ticket };
  }

  async putEntities(given: Import, actor: string): Promise<{ readonly written: number } | Refusal> {
    return this.#import((running, now) => importEntities(this.#entities, running.state.scenario, given, actor, now), actor);
  }

  /** The password is shown once. An existing device gets a new one. */
  async addDevice(given: NewDevice, actor: string): Promise<{ readonly device: string; readonly password: string } | Refusal> {
    const written = this.#import((running, now) => addDevice(this.#entities, running.state.scenario, given, actor, now), actor);
    return isRefusal(written) ? written : { device: given.device, password: addPassword(this.#db, given.device) };
  }

  async addToken(role: Role, subject: string): Promise<{ readonly token: string } | Refusal> {
    const no = this.#noSuchPerson(role, subject);
    return no ?? { token: addToken(this.#db, role, subject) };
  }

  async addLink(role: Role, subject: string): Promise<{ readonly code: string } | Refusal> {
    const no = this.#noSuchPerson(role, subject);
    return no ?? { code: addLink(this.#db, role, subject, Date.now()) };
  }

  async redeem(code: string): Promise<{ readonly session: string; readonly role: Role } | Refusal> {
    return this.#running === null ? unknownUnit() : this.ctx.storage.transactionSync(() => redeem(this.#db, code, Date.now()));
  }

  async whois(secret: string): Promise<Signed | Refusal> {
    const running = this.#running;
    if (running === null) return unknownUnit();
    const signed = whois(this.#db, secret, Date.now());
    return isRefusal(signed) ? signed : { ...signed, unit: running.state.unit };
  }

  async signOut(secret: string): Promise<void> {
    if (this.#running !== null) signOut(this.#db, secret);
  }

  async me(who: Signed): Promise<Me | Refusal> {
    if (this.#running === null) return unknownUnit();
    const engineer = who.role === "engineer" ? this.#entities.get("engineer", who.subject) : undefined;
    return { unit: this.#running.state.unit, role: who.role, subject: who.subject, name: engineer?.name ?? who.subject };
  }

  async scenario(): Promise<Scenario | Refusal> {
    return this.#running?.state.scenario ?? unknownUnit();
  }

  async board(): Promise<Board | Refusal> {
    return this.#running === null ? unknownUnit() : boardOf(this.#running.desk, Date.now());
  }

  async tickets(): Promise<readonly Ticket[] | Refusal> {
    return this.#running === null ? unknownUnit() : ticketsOf(this.#running.desk);
  }

  async chain(ticket: string): Promise<Chain | Refusal> {
    return this.#running === null ? unknownUnit() : chainOfTicket(this.#running.desk, ticket);
  }

  async decisions(after: string): Promise<readonly Decision[] | Refusal> {
    return this.#running === null ? unknownUnit() : readDecisionsAfter(this.#db, after, DECISIONS_PAGE);
  }

  async phone(engineer: string): Promise<Phone | Refusal> {
    return this.#running === null ? unknownUnit() : phoneOf(this.#running.desk, engineer, Date.now());
  }

  async exportUnit(after: number): Promise<{ readonly scenario: Scenario; readonly chunk: UnitChunk } | Refusal> {
    if (this.#running === null) return unknownUnit();
    return { scenario: sandboxOf(this.#running.state.scenario), chunk: exportChunk(this.#db, after) };
  }

  async importUnit(chunk: UnitChunk, through: Readonly<Record<number, number>>): Promise<void | Refusal> {
    const running = this.#running;
    if (running === null) return unknownUnit();
    if (running.state.scenario.kind !== "sandbox") return refuse("not-permitted", "only a sandbox takes another unit's state", "make a sandbox");
    this.ctx.storage.transactionSync(() => {
      importChunk(this.#db, chunk, through);
      this.#running = { ...running, state: { ...running.state, planVersion: raisePlanVersion(this.#db) } };
    });
    await this.#arm();
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
    this.#armedAt = null;
    this.#turn();
    await Promise.all([this.#ask(), this.#push()]);
    await this.#arm();
  }

  async #migrate(): Promise<void> {
    try {
      await migrate(this.#db, migrations);
    } catch (error) {
      // drizzle says "Rollback" only; what went wrong is underneath.
      console.error("migration of a unit failed", error);
      throw error;
    }
  }

  async #open(): Promise<void> {
    await this.#migrate();
    const state = readState(this.#db);
    if (state === null) return;
    const live = state.scenario.kind === "live";
    const entities = this.#entities;
    const ledger: Ledger = {
      db: this.#db,
      entities,
      origin: state.origin,
      syncs: live,
      rules: state.rules,
      decisionsMax: state.scenario.retention.decisionsMax,
      newId: uuidv7,
    };
    const view: UnitView = { get: entities.get, list: entities.list, scenario: state.scenario };
    const link = live ? this.#hubLink(state) : null;
    this.#running = { state, ledger, view, link, desk: { db: this.#db, entities, unit: state.unit, hub: () => link?.state() ?? null } };
    this.#follow();
    await this.#arm();
  }

  #hubLink(state: UnitState): HubLink {
    const hub = this.env.HUB as unknown as HubForUnit;
    return hubLink({
      db: this.#db,
      hub,
      origin: state.origin,
      registration: () => ({ tenant: this.env.TENANT, unit: state.unit, incarnation: state.incarnation, key: state.key, contracts: [...contractsOfUnit()] }),
      transact: (body) => this.ctx.storage.transactionSync(body),
      now: Date.now,
      chance: Math.random,
      onChange: () => this.#status(),
    });
  }

  /** One input: everything that `body` writes is one transaction, then what follows from it is performed. */
  #input(body: (write: (decided: Decided, actor: string, reason: string) => void) => void, now: Millis): void {
    const running = this.#running;
    if (running === null) return;
    const callsBefore = running.link?.calls() ?? 0;
    const changes: Change[] = [];
    this.ctx.storage.transactionSync(() => {
      body((decided, actor, reason) => {
        changes.push(...commit(running.ledger, decided, { actor, reason, now, hubCalls: (running.link?.calls() ?? 0) - callsBefore }));
      });
      if (changes.some((c) => c.family === "device")) this.#running = { ...running, state: { ...running.state, planVersion: raisePlanVersion(this.#db) } };
    });
    this.#live.tell(changes, now);
    this.#status();
    if (this.#running !== running) this.ctx.waitUntil(this.#refreshIntake());
    this.#follow();
  }

  #follow(): void {
    this.ctx.waitUntil(Promise.all([this.#ask(), this.#push()]).then(() => this.#arm()));
  }

  #import(decide: (running: Running, now: Millis) => Decided | Refusal, actor: string): { readonly written: number } | Refusal {
    const running = this.#running;
    if (running === null) return unknownUnit();
    const now = Date.now();
    const decided = decide(running, now);
    if (isRefusal(decided)) return decided;
    this.#input((write) => write(decided, actor, "import"), now);
    return { written: decided.changes.length };
  }

  /** Serves the timers that are due, each as an input of its own. */
  #turn(): void {
    const running = this.#running;
    if (running === null) return;
    const now = Date.now();
    for (let i = 0; i < TIMERS_A_TURN; i++) {
      const timer = nextDue(this.#db, now);
      if (timer === undefined) return;
      this.#input((write) => {
        applyTimers(this.#db, [{ cancel: timer.key }]);
        write(onDue(running.view, timer.due, now, uuidv7), "journey", timer.due.type);
      }, now);
    }
  }

  async #ask(): Promise<void> {
    const url = this.#running?.state.scenario.connectors.wms?.url;
    if (url === undefined || this.#asking) return;
    this.#asking = true;
    try {
      for (let due = readAsks(this.#db, Date.now()); due.length > 0; due = readAsks(this.#db, Date.now())) {
        for (const { ask, attempts } of due) this.#settle(ask.key, ask.kit, attempts + 1, await perform(url, ask, Date.now));
      }
    } finally {
      this.#asking = false;
    }
  }

  #settle(key: string, kit: Extract<Answer, { type: "unreachable" }>["kit"], attempts: number, reply: Awaited<ReturnType<typeof perform>>): void {
    const running = this.#running;
    if (running === null) return;
    const now = Date.now();
    this.#input((write) => {
      if ("failed" in reply) postponeAsk(this.#db, key, attempts, now + retryAfter(attempts));
      else settleAsk(this.#db, key);
      if ("released" in reply) return;
      const answer: Answer = "answer" in reply ? reply.answer : { type: "unreachable", kit, key, attempts, why: reply.failed.slice(0, 200) };
      const decided = onAnswer(running.view, answer, now, uuidv7);
      if (!isRefusal(decided)) write(decided, "wms", answer.type);
    }, now);
  }

  async #push(): Promise<void> {
    this.#retryAt = (await this.#running?.link?.drain()) ?? null;
  }

  async #arm(): Promise<void> {
    if (this.#running === null) return;
    // What is on its way now is looked at again later all the same: this object may be gone before the answer comes.
    const underWay = this.#asking || (this.#retryAt === null && countPending(this.#db).pending > 0);
    const ats = [earliest(this.#db, !this.#asking), this.#running.link === null ? null : this.#retryAt, underWay ? Date.now() + LOOK_AGAIN_MS : null];
    const at = ats.reduce((first, one) => (first === null || (one !== null && one < first) ? one : first), null);
    if (at === null || (this.#armedAt !== null && this.#armedAt <= at)) return;
    this.#armedAt = at;
    await this.ctx.storage.setAlarm(at);
  }

  #status(): void {
    const running = this.#running;
    if (running === null) return;
    this.#live.status(
      () => hubLinkOf(running.desk),
      () => kpisOfDesk(running.desk),
      Date.now(),
    );
  }

  async #refreshIntake(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const intake = this.env.INTAKE.getByName(intakeObject(this.env.TENANT as TenantId, running.state.unit as UnitId, 0));
    await intake.refresh(running.state.planVersion).catch((error: unknown) => console.warn("the intake will load its plan later", error));
  }

  #noSuchPerson(role: Role, subject: string): Refusal | null {
    if (this.#running === null) return unknownUnit();
    if (role !== "engineer" || this.#entities.get("engineer", subject) !== undefined) return null;
    return refuse("unknown-engineer", "an engineer's token is for an engineer of this unit", "import the engineer first", "subject");
  }
}

function unknownUnit(): Refusal {
  return refuse("unknown-unit", "a unit that was created here", "create it first, or check its name", "unit");
}
