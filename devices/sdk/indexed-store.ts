/**
 * A store in a browser's IndexedDB: what the unit has not acknowledged outlives the page. Opened before the link, since it answers later:
 *
 *   entries   n ─▶ { n, seq, text }      state   "seq" ─▶ the last sequence number
 *
 * One link at a time uses a name: a second page with the same one would send what the first one sends.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Entry } from "./queue.ts";
import type { Store } from "./store.ts";

interface Kept extends DBSchema {
  entries: { key: number; value: Entry };
  state: { key: string; value: number };
}

/** Rejects where the browser has no IndexedDB, or does not let us have it (private windows of some browsers). */
export async function indexedStore(name: string): Promise<Store> {
  const db = await openDB<Kept>(name, 1, {
    upgrade: (fresh) => {
      fresh.createObjectStore("entries", { keyPath: "n" });
      fresh.createObjectStore("state");
    },
  });
  const left = await read(db);
  let lastSeq = left.lastSeq;
  let closed = false;

  async function add(entry: Entry): Promise<void> {
    lastSeq = Math.max(lastSeq ?? 0, entry.seq);
    const writing = db.transaction(["entries", "state"], "readwrite");
    await Promise.all([writing.objectStore("entries").put(entry), writing.objectStore("state").put(lastSeq, "seq"), writing.done]);
  }

  async function remove(entries: readonly Entry[]): Promise<void> {
    const writing = db.transaction("entries", "readwrite");
    await Promise.all([...entries.map(({ n }) => writing.store.delete(n)), writing.done]);
  }

  return {
    load: () => left,
    add: (entry) => (closed ? Promise.reject(new Error("the store is closed")) : add(entry)),
    remove: (entries) => {
      if (closed || entries.length === 0) return;
      // What is not forgotten is sent once more in the next life: the unit knows it by its instant.
      void remove(entries).catch(() => {});
    },
    close: () => {
      closed = true;
      // Waits for what is being written by itself.
      db.close();
    },
  };
}

async function read(db: IDBPDatabase<Kept>): Promise<ReturnType<Store["load"]>> {
  const reading = db.transaction(["entries", "state"], "readonly");
  const [entries, lastSeq] = await Promise.all([reading.objectStore("entries").getAll(), reading.objectStore("state").get("seq")]);
  return { entries, lastSeq: lastSeq ?? null };
}
