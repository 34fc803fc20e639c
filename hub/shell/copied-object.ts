/**
 * An object that is in the hub's backup beside the streams: the contracts, master data, what goes out. Its copy is one state of it, and is
 * small: nothing is held while it is read. What was laid beside is put back by each object's own rule.
 */
import { DurableObject } from "cloudflare:workers";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { type CopyRows, addBeside, copyTables, dropBeside, dropCopies, knownTable, layBeside, readCopy, tablesOf } from "./table-copy.ts";

/** Its name begins as those of copies do. */
const MARK = "copy__mark";

export abstract class CopiedObject extends DurableObject<Env> {
  /** Tables that are in no backup. */
  protected abstract readonly passing: readonly string[];
  /** Inside a transaction: what lies in `back_…` is put back. `epoch`: what the streams began. */
  protected abstract putBack(sql: SqlStorage, epoch: number): void;
  /** What follows once it is committed. */
  protected abstract carryOnFrom(): Promise<void>;

  /** A copy that somebody began and did not end is given up. */
  beginCopy(): { readonly id: string; readonly tables: readonly string[] } {
    const { sql } = this.ctx.storage;
    const [id, tables] = [crypto.randomUUID(), this.#tables()];
    this.ctx.storage.transactionSync(() => {
      this.#dropCopy(sql);
      copyTables(sql, tables);
      sql.exec(`CREATE TABLE "${MARK}" (id TEXT NOT NULL)`);
      sql.exec(`INSERT INTO "${MARK}" (id) VALUES (?)`, id);
    });
    return { id, tables };
  }

  /** Refuses `malformed`, and `too-late` when another copy was begun. */
  copyRows(id: string, table: string, after: number): CopyRows | Refusal {
    const { sql } = this.ctx.storage;
    const known = knownTable(this.#tables(), table);
    if (isRefusal(known)) return known;
    return this.#isCurrent(sql, id) ? readCopy(sql, known, after) : refuse("too-late", "this copy was given up, or another one was begun", "begin again");
  }

  endCopy(id: string): void {
    const { sql } = this.ctx.storage;
    if (this.#isCurrent(sql, id)) this.ctx.storage.transactionSync(() => this.#dropCopy(sql));
  }

  beginRestore(): void {
    this.ctx.storage.transactionSync(() => layBeside(this.ctx.storage.sql, this.#tables()));
  }

  /** Refuses `malformed`. */
  restoreRows(table: string, rows: string): Refusal | null {
    const known = knownTable(this.#tables(), table);
    if (isRefusal(known)) return known;
    addBeside(this.ctx.storage.sql, known, rows);
    return null;
  }

  async endRestore(epoch: number): Promise<void> {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      this.putBack(sql, epoch);
      dropBeside(sql, this.#tables());
    });
    await this.carryOnFrom();
  }

  /** What a person asked to be forgotten is in no copy that was left behind. */
  protected dropCopy(): void {
    this.#dropCopy(this.ctx.storage.sql);
  }

  #tables(): readonly string[] {
    return tablesOf(this.ctx.storage.sql, this.passing);
  }

  #isCurrent(sql: SqlStorage, id: string): boolean {
    const made = sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", MARK).toArray();
    return made.length > 0 && sql.exec(`SELECT 1 FROM "${MARK}" WHERE id = ?`, id).toArray().length > 0;
  }

  #dropCopy(sql: SqlStorage): void {
    dropCopies(sql, this.#tables());
    sql.exec(`DROP TABLE IF EXISTS "${MARK}"`);
  }
}
