/**
 * A warehouse's truth: stock per depot and part, reservations, and the answer that each idempotency key got. A request is one
 * transaction, answer included; so a retry, whatever was lost, hears the first answer again and takes nothing twice.
 */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

export type Line = { readonly part: string; readonly quantity: number };
export type Stock = { readonly depot: string; readonly part: string; readonly quantity: number };
export type Reservation = {
  readonly reservation: string;
  readonly depot: string;
  readonly at: number;
  readonly ref: string;
  readonly lines: readonly Line[];
  readonly state: "held" | "released";
};
export type Answer =
  | {
      readonly status: 201;
      /** `replaced`: the reservation that was named, and was held: it is this one now. */
      readonly body: { readonly reservation: string; readonly depot: string; readonly at: number; readonly replaceable: true; readonly replaced?: string };
    }
  | { readonly status: 409; readonly body: { readonly missing: readonly Line[] } }
  | { readonly status: 422; readonly body: { readonly error: string } };

export type Wanted = { readonly ref: string; readonly lines: readonly Line[]; readonly replaces?: string | undefined };

export type WmsStore = {
  /**
   * One depot gives all lines, or nothing is taken: the first, in order of name, that has them. `missing`: what the best depot lacks. With `replaces`
   * what that one holds may go into this one, and the rest of it is free; where the lines can't be had, it stays as it was.
   */
  reserve(key: string, asked: Wanted, now: number): Answer;
  /** Gives the parts back, once. False when there is no such reservation. */
  release(reservation: string): boolean;
  stock(): readonly Stock[];
  reservations(): readonly Reservation[];
  close(): void;
};

/** Answers kept under their keys; a retry comes within minutes, this is weeks of them. */
const KEYS_KEPT = 100_000;

/** `stock` is laid in only when the database is new. */
export function openWmsStore(databasePath: string, stock: readonly Stock[]): WmsStore {
  const db = new DatabaseSync(databasePath);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS stock (depot TEXT NOT NULL, part TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity >= 0), PRIMARY KEY (depot, part));
    CREATE TABLE IF NOT EXISTS reservation (id INTEGER PRIMARY KEY AUTOINCREMENT, depot TEXT NOT NULL, at INTEGER NOT NULL, ref TEXT NOT NULL, lines TEXT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS answered (n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, asked TEXT NOT NULL, answer TEXT NOT NULL);`);
  const transact = <T>(body: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const readStock = (): readonly Stock[] =>
    db
      .prepare("SELECT depot, part, quantity FROM stock ORDER BY depot, part")
      .all()
      .map((row) => ({ depot: String(row["depot"]), part: String(row["part"]), quantity: Number(row["quantity"]) }));
  const move = db.prepare("UPDATE stock SET quantity = quantity + ? WHERE depot = ? AND part = ?");

  const rowOf = (reservation: string) => {
    const id = Number(/^WMS-(\d{1,12})$/.exec(reservation)?.[1] ?? 0);
    return db.prepare("SELECT id, ref, depot, lines, state FROM reservation WHERE id = ?").get(id);
  };
  const heldIn = (row: Readonly<Record<string, unknown>>): Held => ({
    id: Number(row["id"]),
    depot: String(row["depot"]),
    lines: JSON.parse(String(row["lines"])) as readonly Line[],
  });
  /** Of the same visit, and held; what is not is nobody's to replace. */
  const heldAs = (reservation: string, ref: string): Held | undefined => {
    const row = rowOf(reservation);
    return row === undefined || row["state"] === "released" || row["ref"] !== ref ? undefined : heldIn(row);
  };
  const giveBack = ({ id, depot, lines }: Held): void => {
    db.prepare("UPDATE reservation SET state = 'released' WHERE id = ?").run(id);
    for (const { part, quantity } of lines) move.run(quantity, depot, part);
  };

  transact(() => {
    if (readStock().length > 0) return;
    const lay = db.prepare("INSERT INTO stock (depot, part, quantity) VALUES (?, ?, ?)");
    for (const { depot, part, quantity } of stock) lay.run(depot, part, quantity);
  });

  return {
    reserve: (key, { ref, lines, replaces }, now) =>
      transact(() => {
        const asked = createHash("sha256")
          .update(JSON.stringify([ref, lines, ...(replaces === undefined ? [] : [replaces])]))
          .digest("hex");
        const before = db.prepare("SELECT asked, answer FROM answered WHERE key = ?").get(key);
        if (before !== undefined && before["asked"] !== asked) return { status: 422, body: { error: "this Idempotency-Key was used for another request" } };
        if (before !== undefined) return JSON.parse(String(before["answer"])) as Answer;
        const old = replaces === undefined ? undefined : heldAs(replaces, ref);
        const { depot, missing } = chooseDepot(old === undefined ? readStock() : withLines(readStock(), old), lines);
        let answer: Answer = { status: 409, body: { missing } };
        if (missing.length === 0 && depot !== null) {
          const replaced = old === undefined || replaces === undefined ? {} : { replaced: replaces };
          if (old !== undefined) giveBack(old);
          for (const { part, quantity } of lines) move.run(-quantity, depot, part);
          const { lastInsertRowid } = db
            .prepare("INSERT INTO reservation (depot, at, ref, lines, state) VALUES (?, ?, ?, ?, 'held')")
            .run(depot, now, ref, JSON.stringify(lines));
          answer = { status: 201, body: { reservation: reservationName(Number(lastInsertRowid)), depot, at: now, replaceable: true, ...replaced } };
          // A shortage is not remembered: stock may come, and the same ask may then succeed.
          const { lastInsertRowid: n } = db.prepare("INSERT INTO answered (key, asked, answer) VALUES (?, ?, ?)").run(key, asked, JSON.stringify(answer));
          db.prepare("DELETE FROM answered WHERE n <= ?").run(Number(n) - KEYS_KEPT);
        }
        return answer;
      }),
    release: (reservation) =>
      transact(() => {
        const row = rowOf(reservation);
        if (row === undefined) return false;
        if (row["state"] !== "released") giveBack(heldIn(row));
        return true;
      }),
    stock: readStock,
    reservations: () =>
      db
        .prepare("SELECT * FROM reservation ORDER BY id")
        .all()
        .map((row) => ({
          reservation: reservationName(Number(row["id"])),
          depot: String(row["depot"]),
          at: Number(row["at"]),
          ref: String(row["ref"]),
          lines: JSON.parse(String(row["lines"])) as readonly Line[],
          state: row["state"] === "released" ? "released" : "held",
        })),
    close: () => db.close(),
  };
}

type Held = { readonly id: number; readonly depot: string; readonly lines: readonly Line[] };

/** As if it had gone back. */
function withLines(stock: readonly Stock[], { depot, lines }: Held): readonly Stock[] {
  return stock.map((row) => {
    const back = row.depot === depot ? lines.find(({ part }) => part === row.part) : undefined;
    return back === undefined ? row : { ...row, quantity: row.quantity + back.quantity };
  });
}

function chooseDepot(stock: readonly Stock[], lines: readonly Line[]): { readonly depot: string | null; readonly missing: readonly Line[] } {
  const depots = [...new Set(stock.map((row) => row.depot))].toSorted();
  let best: { readonly depot: string | null; readonly missing: readonly Line[] } = { depot: null, missing: lines };
  for (const depot of depots) {
    const missing = lines.flatMap(({ part, quantity }) => {
      const there = stock.find((row) => row.depot === depot && row.part === part)?.quantity ?? 0;
      return there >= quantity ? [] : [{ part, quantity: quantity - there }];
    });
    if (missing.length === 0) return { depot, missing };
    if (missing.length < best.missing.length || best.depot === null) best = { depot, missing };
  }
  return best;
}

function reservationName(id: number): string {
  return `WMS-${id}`;
}
