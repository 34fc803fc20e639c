/**
 * The contract registry of a tenant: versions, modes, what units speak, quarantine, bridges, scans. One object per tenant,
 * `hubObject(tenant, "contracts")`. Thin: load, decide, commit, answer. What holds documents is answered as JSON text.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { uuidv7 } from "uuidv7";
import { NOTES_MAX, type Note, type Used } from "../contracts/note.ts";
import { type Refusal, isRefusal } from "../contracts/refusal.ts";
import type { Registration, Spoken } from "../contracts/rpc.ts";
import type { Scenario } from "../contracts/scenario.ts";
import type { Bridge } from "./bridge/bridge.ts";
import type { BridgeAnswer, Scan, Schedule } from "./registry/api-bridge.ts";
import type { DiffAnswer, DraftAnswer, PublishAnswer, PublishAsk } from "./registry/api.ts";
import type { Mode } from "./registry/compatibility/mode.ts";
import { type Deed, earlierOf, newestMajor } from "./registry/contract.ts";
import type { ImpactAsk, World } from "./registry/impact.ts";
import { type Known, type Negotiated, negotiate, publishedFor } from "./registry/negotiate.ts";
import { type Inadmissible, isAdmissible } from "./registry/publish.ts";
import { type ProposeAsk, unknownOf } from "./registry/quarantine.ts";
import * as bridging from "./shell/contracts/bridging.ts";
import { CopiedObject } from "./shell/copied-object.ts";
import { impact } from "./shell/contracts/impacting.ts";
import { gather } from "./shell/contracts/gathering.ts";
import migrations from "./shell/contracts/migrations/migrations.js";
import * as publishing from "./shell/contracts/publishing.ts";
import { putBackContracts } from "./shell/contracts/putting-back.ts";
import * as quarantining from "./shell/contracts/quarantining.ts";
import * as scanning from "./shell/contracts/scanning.ts";
import { writeScenario, writeSpoken } from "./shell/contracts/spoken-tables.ts";
import * as tables from "./shell/contracts/tables.ts";
import { lessonOf } from "./shell/contracts/teaching.ts";
import * as unknownTables from "./shell/contracts/unknown-tables.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { openWith } from "./shell/opening.ts";
import { settled } from "./shell/settled.ts";

/** Rows of quarantine shown at once; the oldest wait. */
const QUARANTINE_ROWS = 500;

export class Registry extends CopiedObject {
  protected override readonly passing: readonly string[] = [];
  private readonly db: tables.Db;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.db = drizzle(ctx.storage);
    openWith(ctx, "registry", async () => {
      await migrate(this.db, migrations);
      this.db.transaction(() => publishing.seed(this.db, Date.now()));
      const due = scanning.readSchedule(this.db) ?? scanning.schedule(this.db, Date.now());
      if (!isRefusal(due) && (await ctx.storage.getAlarm()) === null) await ctx.storage.setAlarm(due.nextAt);
    });
  }

  // Versions.

  /** Judges, and publishes unless it is a dry run or a draft. */
  async publish(ask: PublishAsk, by: string): Promise<PublishAnswer | DraftAnswer | Inadmissible | Refusal> {
    const { subject } = ask;
    const deed = deedOf(by, ask.why);
    if (ask.draft === true) return this.db.transaction(() => publishing.keepDraft(this.db, uuidv7(), ask, deed));
    if (ask.dryRun === true) {
      const judged = publishing.judgeWithBridges(this.db, ask);
      return isAdmissible(judged) ? publishing.answerOf(subject, judged, true) : judged;
    }
    const judged = this.db.transaction(() => publishing.publish(this.db, ask, deed));
    if (!isAdmissible(judged)) return judged;
    await this.#teach(subject);
    return publishing.answerOf(subject, judged, false);
  }

  async publishDraft(subject: string, draft: string, by: string, why: string, leaving?: readonly string[]): Promise<PublishAnswer | Inadmissible | Refusal> {
    const answer = this.db.transaction(() => publishing.publishDraft(this.db, subject, draft, deedOf(by, why), leaving));
    if ("published" in answer) await this.#teach(subject);
    return answer;
  }

  /** As JSON text: the draft with what it still lacks. */
  draft(subject: string, id: string): string | Refusal {
    const draft = publishing.findDraft(this.db, subject, id);
    return isRefusal(draft) ? draft : JSON.stringify({ ...draft, judged: publishing.judgeDraft(this.db, draft) });
  }

  dropDraft(subject: string, id: string): Refusal | null {
    const draft = publishing.findDraft(this.db, subject, id);
    if (isRefusal(draft)) return draft;
    tables.dropDraft(this.db, id);
    return null;
  }

  /** As JSON text: every subject that is published, in short. */
  subjects(): string {
    const subjects = tables.readSubjects(this.db).map((subject) => {
      const { mode, versions } = tables.readKnown(this.db, subject);
      const last = earlierOf(versions, newestMajor(versions)).at(-1);
      const newest = { major: last?.major ?? 1, revision: last?.revision ?? 0 };
      return { subject, mode, newest, versions: versions.length, drafts: tables.readDrafts(this.db, subject).length };
    });
    return JSON.stringify(subjects);
  }

  /** As JSON text: a `SubjectAnswer`. */
  describe(subject: string): string | Refusal {
    const answer = publishing.describe(this.db, subject);
    return isRefusal(answer) ? answer : JSON.stringify(answer);
  }

  /** As JSON text: a `KeptVersion`. */
  version(subject: string, name: string): string | Refusal {
    const version = publishing.findVersion(this.db, subject, name);
    return isRefusal(version) ? version : JSON.stringify(version);
  }

  diff(subject: string, from: string, to: string): DiffAnswer | Refusal {
    return publishing.diff(this.db, subject, from, to);
  }

  changeMode(subject: string, mode: Mode, by: string, why: string): (Deed & { readonly mode: Mode }) | Refusal {
    const deed = deedOf(by, why);
    return this.db.transaction(() => publishing.changeMode(this.db, subject, mode, deed)) ?? { ...deed, mode };
  }

  retire(subject: string, name: string, by: string, why: string): { readonly major: number; readonly revision: number; readonly retired: Deed } | Refusal {
    const deed = deedOf(by, why);
    const retired = this.db.transaction(() => publishing.retire(this.db, subject, name, deed));
    return isRefusal(retired) ? retired : { major: retired.major, revision: retired.revision, retired: deed };
  }

  // Units.

  /** As JSON text: `Negotiated`. Changes nothing. Refuses `unfit-contract` with the field that differs. */
  negotiate(contracts: Registration["contracts"]): string | Refusal {
    const known = (subject: string): Known => tables.readKnown(this.db, subject);
    const spoken = negotiate(contracts, known);
    if (isRefusal(spoken)) return spoken;
    const negotiated: Negotiated = { spoken, published: publishedFor(spoken, known) };
    return JSON.stringify(negotiated);
  }

  /** The unit has registered with these, or runs this scenario. */
  noteSpoken(unit: string, spoken: readonly Spoken[]): void {
    this.db.transaction(() => writeSpoken(this.db, unit, spoken, Date.now()));
  }

  noteScenario(unit: string, scenario: Scenario): void {
    this.db.transaction(() => writeScenario(this.db, unit, scenario, Date.now()));
  }

  // Quarantine and use.

  /** Fields that a unit sent and no contract names: at most `NOTES_MAX`, the rest is dropped. Their values are looked at, not kept. */
  noteUnknown(unit: string, notes: readonly Note[]): void {
    this.db.transaction(() => quarantining.note(this.db, unit, notes.slice(0, NOTES_MAX), Date.now()));
  }

  /** Attributes that a unit's rules and models read, of how many entities. */
  noteUse(used: readonly Used[]): void {
    this.db.transaction(() => used.forEach(({ subject, field, count }) => unknownTables.noteUse(this.db, subject, field, count, Date.now())));
  }

  /** As JSON text: `Unknown[]`, newest first. */
  quarantine(of: { readonly unit?: string | undefined; readonly subject?: string | undefined }): string {
    return JSON.stringify(unknownTables.readUnknown(this.db, of, QUARANTINE_ROWS).map(unknownOf));
  }

  propose(id: string, ask: ProposeAsk, by: string): DraftAnswer | Refusal {
    return this.db.transaction(() => quarantining.proposeField(this.db, id, ask, deedOf(by, ask.why)));
  }

  /** As JSON text: an `ImpactAnswer`. */
  impact(ask: ImpactAsk, consumers: World["consumers"] | null): string {
    return JSON.stringify(impact(this.db, ask, consumers));
  }

  // Bridges.

  /** As JSON text: a `BridgesAnswer`. */
  bridges(): string {
    return JSON.stringify(bridging.list(this.db));
  }

  /** As JSON text: a `BridgeView`. */
  bridge(id: string): string | Refusal {
    const view = bridging.viewOf(this.db, id);
    return isRefusal(view) ? view : JSON.stringify(view);
  }

  /** As JSON text: the published document of a bridge that speaks the major in force. */
  crossing(id: string): string | Refusal {
    const bridge = bridging.crossing(this.db, id);
    return isRefusal(bridge) ? bridge : JSON.stringify(bridge);
  }

  /** As JSON text: `Bridge[]`. */
  publishedBridges(): string {
    return JSON.stringify(bridging.publishedOf(this.db));
  }

  putBridge(bridge: Bridge, by: string, why: string): BridgeAnswer | Refusal {
    return this.db.transaction(() => bridging.put(this.db, bridge, deedOf(by, why)));
  }

  async publishBridge(id: string, by: string, why: string): Promise<ReturnType<typeof bridging.publishBridge>> {
    const answer = this.db.transaction(() => bridging.publishBridge(this.db, id, deedOf(by, why)));
    const subject = bridging.subjectOf(this.db, id);
    if ("publishable" in answer && subject !== undefined) await this.#teach(subject);
    return answer;
  }

  // Scans.

  /** As JSON text: a `ScansAnswer`. */
  scans(): string {
    return JSON.stringify({ schedule: scanning.readSchedule(this.db), scans: scanning.scans(this.db) });
  }

  async reschedule(cron: string, zone: string | undefined): Promise<Schedule | Refusal> {
    const kept = scanning.readSchedule(this.db);
    const due = this.db.transaction(() => scanning.schedule(this.db, Date.now(), cron, zone ?? kept?.zone));
    if (!isRefusal(due)) await this.ctx.storage.setAlarm(due.nextAt);
    return due;
  }

  /** As JSON text: a `Scan`. */
  async scanNow(): Promise<string> {
    return JSON.stringify(await this.#scan());
  }

  override async alarm(): Promise<void> {
    const kept = scanning.readSchedule(this.db);
    // A scan that fails is not lost: the alarm is tried again.
    if (kept !== null && kept.nextAt <= Date.now()) await this.#scan();
    const now = Date.now();
    const due = this.db.transaction(() => {
      const left = scanning.readSchedule(this.db);
      return left !== null && left.nextAt > now ? left : scanning.schedule(this.db, now, left?.cron, left?.zone);
    });
    if (!isRefusal(due)) await this.ctx.storage.setAlarm(due.nextAt);
  }

  /** Other objects are asked first; the rest is one transaction. */
  async #scan(): Promise<Scan> {
    const gathered = await gather(this.env, scanning.scanned(this.db));
    return this.db.transaction(() => scanning.runScan(this.db, gathered, Date.now()));
  }

  // Streams.

  /** As JSON text: a `Lesson` of these subjects. */
  lesson(subjects: readonly string[]): string {
    return JSON.stringify(lessonOf(this.db, subjects));
  }

  protected override putBack(sql: SqlStorage): void {
    putBackContracts(this.db, sql, Date.now());
  }

  /** Every stream hears what holds now, and the next scan is due by the schedule that holds now. */
  protected override async carryOnFrom(): Promise<void> {
    const due = scanning.readSchedule(this.db);
    if (due !== null) await this.ctx.storage.setAlarm(due.nextAt);
    for (const { subject } of scanning.scanned(this.db)) await this.#teach(subject);
  }

  /** The subject's stream reads and judges by what is published from now on. When it can't be told it asks within the hour. */
  async #teach(subject: string): Promise<void> {
    const stream = scanning.scanned(this.db).find((one) => one.subject === subject)?.stream;
    if (stream === undefined) return;
    try {
      const no = await settled(streamObject(this.env, stream).learn(this.lesson([subject])));
      if (no !== null) console.error(`registry: ${stream} does not take ${subject}: ${no.rule}`);
    } catch (error) {
      console.error(`registry: ${stream} hears of ${subject} later`, error);
    }
  }
}

function deedOf(by: string, why: string): Deed {
  return { by, at: Date.now(), why };
}
