/**
 * The contract registry of a tenant: versions, modes, what units speak, quarantine, bridges, scans. One object per tenant,
 * `hubObject(tenant, "contracts")`. Thin: load, decide, commit, answer. What holds documents is answered as JSON text.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { uuidv7 } from "uuidv7";
import { type Refusal, isRefusal } from "../contracts/refusal.ts";
import type { Registration, Spoken } from "../contracts/rpc.ts";
import type { DiffAnswer, DraftAnswer, PublishAnswer, PublishAsk } from "./registry/api.ts";
import { type Deed, type Mode, earlierOf, newestMajor } from "./registry/contract.ts";
import { negotiate } from "./registry/negotiate.ts";
import { type Inadmissible, isAdmissible } from "./registry/publish.ts";
import migrations from "./shell/contracts/migrations/migrations.js";
import * as publishing from "./shell/contracts/publishing.ts";
import { writeSpoken } from "./shell/contracts/spoken-tables.ts";
import * as tables from "./shell/contracts/tables.ts";

export class Registry extends DurableObject<Env> {
  private readonly db: tables.Db;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.db = drizzle(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      try {
        await migrate(this.db, migrations);
        this.db.transaction(() => publishing.seed(this.db, Date.now()));
      } catch (error) {
        console.error("registry: migration failed", error instanceof Error ? (error.cause ?? error) : error);
        throw error;
      }
    });
  }

  // Versions.

  /** Judges, and publishes unless it is a dry run or a draft. */
  publish(ask: PublishAsk, by: string): PublishAnswer | DraftAnswer | Inadmissible | Refusal {
    const { subject } = ask;
    const deed = deedOf(by, ask.why);
    if (ask.draft === true) return this.db.transaction(() => publishing.keepDraft(this.db, uuidv7(), ask, deed));
    if (ask.dryRun === true) {
      const judged = publishing.judge(this.db, ask);
      return isAdmissible(judged) ? publishing.answerOf(subject, judged, true) : judged;
    }
    const judged = this.db.transaction(() => publishing.publish(this.db, ask, deed));
    return isAdmissible(judged) ? publishing.answerOf(subject, judged, false) : judged;
  }

  publishDraft(subject: string, draft: string, by: string, why: string): PublishAnswer | Inadmissible | Refusal {
    return this.db.transaction(() => publishing.publishDraft(this.db, subject, draft, deedOf(by, why)));
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

  /** As which versions a unit's contracts are read. Changes nothing. Refuses `unfit-contract` with the field that differs. */
  negotiate(contracts: Registration["contracts"]): readonly Spoken[] | Refusal {
    return negotiate(contracts, (subject) => tables.readKnown(this.db, subject));
  }

  /** The unit has registered with these. */
  noteSpoken(unit: string, spoken: readonly Spoken[]): void {
    this.db.transaction(() => writeSpoken(this.db, unit, spoken, Date.now()));
  }
}

function deedOf(by: string, why: string): Deed {
  return { by, at: Date.now(), why };
}
