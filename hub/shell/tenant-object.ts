/**
 * What the tenant's registry knows, one object of the class `Hub`: units with their keys and contracts, tokens, who looks at the pages, and
 * what units said of themselves. A class of its own since it shares nothing with the streams but the tables' migrations.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import type { Role } from "../../contracts/permission.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { type Signed, equalText, hashSecret } from "../../edge/shell/guard.ts";
import type { HeldAnswer } from "../feed/held.ts";
import { type Admission, judgeRegistration } from "../registry/register.ts";
import * as compared from "./compared-tables.ts";
import * as registry from "./registry-tables.ts";
import type { Db } from "./stream-tables.ts";
import * as visits from "./visit-tables.ts";
import * as words from "./word-tables.ts";

export abstract class TenantObject extends DurableObject<Env> {
  protected readonly db: Db = drizzle(this.ctx.storage);

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

  // Who looks at the pages, and what units said of themselves.

  /** The code of a link. Refuses `quota-exceeded`. */
  addLink(role: Role, subject: string): string | Refusal {
    return this.db.transaction(() => visits.addLink(this.db, role, subject, Date.now()));
  }

  /** Refuses `not-signed-in`. */
  redeem(code: string): ReturnType<typeof visits.redeem> {
    return this.db.transaction(() => visits.redeem(this.db, code, Date.now()));
  }

  whoVisits(hash: string): Signed | null {
    return visits.readVisit(this.db, hash, Date.now());
  }

  forgetVisit(hash: string): void {
    visits.forgetVisit(this.db, hash);
  }

  noteWord(unit: string, said: words.Said): void {
    this.db.transaction(() => words.writeWord(this.db, unit, said, Date.now()));
  }

  /** `answer`: JSON text of a `HeldAnswer`; `whole`: what was told is all that the consumer holds. */
  noteCompared(token: string, answer: string, whole: boolean): void {
    this.db.transaction(() => compared.writeCompared(this.db, token, JSON.parse(answer) as HeldAnswer, whole, Date.now()));
  }

  forgetCompared(token: string): void {
    compared.forgetCompared(this.db, token);
  }

  /** As JSON text: what units said last, what consumers were compared, and whose tokens there are by their hash. */
  words(): string {
    return JSON.stringify({ words: words.readWords(this.db), compared: compared.readCompared(this.db), names: registry.readTokenNames(this.db) });
  }

  /** As JSON text: `UnitReceipt[]`, newest first. */
  receipts(): string {
    return JSON.stringify(words.readReceipts(this.db));
  }
}
