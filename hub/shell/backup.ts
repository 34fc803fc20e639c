/**
 * A backup of the whole hub as lines of JSON, written while it is read and read while it is written:
 *
 * ```
 * {"outpost":"backup","version":2,"tenant":…,"forms":{"outgoing":…,…},"at":…,"marks":{"tickets":{…},…}}
 * {"object":"tickets","table":"log","rows":[…]}          many, at most some MiB each
 * {"end":true,"rows":…}                                  without it the backup is not whole
 * ```
 *
 * Each object's part is one state of it; the states lie seconds apart, in an order in which none speaks of what another has not: what goes out
 * and master data before the streams that they have cursors and positions of, units and contracts after the streams that are written under
 * them. A version that was published in between is taught to the streams again; a merge that was done in between is in the streams only: its
 * pair is one there, and can't be taken back.
 */
import { z } from "zod";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { STREAMS } from "../feed/cursor.ts";
import { BackupMarks, type RestoreAnswer } from "../feed/view.ts";
import contractMigrations from "./contracts/migrations/migrations.js";
import { streamObject } from "./feed-reader.ts";
import modelMigrations from "./models/migrations/migrations.js";
import masterMigrations from "./master/migrations/migrations.js";
import hubMigrations from "./migrations/migrations.js";
import outgoingMigrations from "./relay/migrations/migrations.js";
import { outgoingObject } from "./relay/outgoing-object.ts";
import { registryObject } from "./routes-contracts.ts";
import { masterObject } from "./routes-master.ts";
import { modelsObject } from "./routes-models.ts";
import { settled } from "./settled.ts";
import type { CopyHead } from "./stream-copy.ts";
import type { CopyRows } from "./table-copy.ts";

/** In the order in which they are copied. */
const OBJECTS = ["outgoing", "master", "models", ...STREAMS, "registry", "contracts"] as const;
type ObjectName = (typeof OBJECTS)[number];

/** Form of the tables, by kind of object: a backup is put back by the release that made it, or one with the same tables. */
const FORMS = {
  hub: hubMigrations.journal.entries.length,
  contracts: contractMigrations.journal.entries.length,
  master: masterMigrations.journal.entries.length,
  models: modelMigrations.journal.entries.length,
  outgoing: outgoingMigrations.journal.entries.length,
};
const VERSION = 2;

const Head = z.looseObject({ outpost: z.literal("backup"), version: z.number().int(), tenant: z.string() });
const Head2 = Head.extend({ forms: z.record(z.string(), z.number().int()), at: z.number(), marks: BackupMarks.shape.marks });
const Piece = z.strictObject({
  object: z.enum(OBJECTS),
  table: z.string().max(40),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
});
const End = z.strictObject({ end: z.literal(true), rows: z.number().int() });

/** One line: a piece of 4 MiB and its last row. */
const LINE_CHARS_MAX = 16 * 1024 * 1024;

type Begun = { readonly name: ObjectName; readonly id: string; readonly tables: readonly string[] };
/** What every object that is in a backup answers. */
type Copied = {
  copyRows(id: string, table: string, after: number): Promise<CopyRows | Refusal>;
  endCopy(id: string): Promise<void>;
  beginRestore(): Promise<void>;
  restoreRows(table: string, rows: string): Promise<Refusal | null>;
};

function objectOf(env: Env, name: ObjectName): Copied {
  switch (name) {
    case "outgoing":
      return outgoingObject(env);
    case "master":
      return masterObject(env);
    case "models":
      return modelsObject(env);
    case "contracts":
      return registryObject(env);
    default:
      return streamObject(env, name);
  }
}

/** Refuses `too-many`. A copy is taken in each object, one after another; those that were taken already are ended then. */
export async function writeBackup(env: Env): Promise<ReadableStream<Uint8Array> | Refusal> {
  const begun: Begun[] = [];
  const marks: Record<string, CopyHead["mark"]> = {};
  for (const name of OBJECTS) {
    const head = await beginCopy(env, name);
    if (isRefusal(head)) {
      await endAll(env, begun);
      return head;
    }
    begun.push({ name, id: head.id, tables: [...head.tables] });
    if ("mark" in head && name !== "registry") marks[name] = { ...head.mark, throughs: { ...head.mark.throughs } };
  }
  const head = { outpost: "backup", version: VERSION, tenant: env.TENANT, forms: FORMS, at: Date.now(), marks } satisfies z.input<typeof Head2>;
  const lines = linesOf(env, begun, head);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await lines.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(`${value}\n`));
      },
      async cancel() {
        await lines.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

async function beginCopy(env: Env, name: ObjectName): Promise<Omit<Begun, "name"> | CopyHead | Refusal> {
  switch (name) {
    case "outgoing":
      return await settled(outgoingObject(env).beginCopy());
    case "master":
      return await settled(masterObject(env).beginCopy());
    case "models":
      return await settled(modelsObject(env).beginCopy());
    case "contracts":
      return await settled(registryObject(env).beginCopy());
    default:
      return await settled(streamObject(env, name).beginCopy());
  }
}

async function endAll(env: Env, begun: readonly Begun[]): Promise<void> {
  for (const { name, id } of begun) await objectOf(env, name).endCopy(id);
}

async function* linesOf(env: Env, begun: readonly Begun[], first: z.infer<typeof Head2>): AsyncGenerator<string, void> {
  let count = 0;
  try {
    yield JSON.stringify(first);
    for (const { name, id, tables } of begun) {
      for (const table of tables) {
        for (let after: number | null = 0; after !== null;) {
          const piece: CopyRows | Refusal = await settled(objectOf(env, name).copyRows(id, table, after));
          // The reader sees no end line, and so knows that this is none.
          if (isRefusal(piece)) return;
          count += piece.count;
          if (piece.count > 0) yield `{"object":"${name}","table":"${table}","rows":${piece.rows}}`;
          after = piece.next;
        }
      }
    }
    yield JSON.stringify({ end: true, rows: count } satisfies z.infer<typeof End>);
  } finally {
    await endAll(env, begun);
  }
}

/** Puts a backup back once all of it has come. Refuses `malformed`, `not-permitted` (another tenant's) and `stale-version` (another form of the tables); then nothing is changed. */
export async function readBackup(env: Env, body: ReadableStream<Uint8Array>): Promise<RestoreAnswer | Refusal> {
  const objects = new Set<ObjectName>();
  let [begun, ended, count]: [boolean, number | null, number] = [false, null, 0];
  for await (const line of splitLines(body)) {
    if (line === null) return notABackup("a line is longer than any that a backup has");
    if (ended !== null) return notABackup("something follows the end");
    const parsed = parseLine(line);
    if (parsed === null) return notABackup("a line is not one of a backup");
    if ("outpost" in parsed) {
      const no = begun ? notABackup("it begins twice") : judgeHead(env, parsed);
      if (no !== null) return no;
      begun = true;
    } else if (!begun) return notABackup("it does not begin as one");
    else if ("end" in parsed) ended = parsed.rows;
    else {
      const stub = objectOf(env, parsed.object);
      if (!objects.has(parsed.object)) await stub.beginRestore();
      objects.add(parsed.object);
      const no = await settled(stub.restoreRows(parsed.table, JSON.stringify(parsed.rows)));
      if (no !== null) return no;
      count += parsed.rows.length;
    }
  }
  if (ended !== count) return notABackup(`${ended === null ? "its end is missing" : `it says ${ended} rows and has ${count}`}: it was cut`);
  return { ...(await putBack(env, objects)), rows: count };
}

/**
 * Each object's part at once, one object after another: the streams first, then what speaks of them. Cut short in between, it is put back
 * again from the beginning: the streams begin another epoch, and the rest is as it would have been.
 */
async function putBack(env: Env, objects: ReadonlySet<ObjectName>): Promise<Pick<RestoreAnswer, "streams" | "objects">> {
  const streams: RestoreAnswer["streams"] = {};
  for (const name of STREAMS) {
    // A stream of which the backup holds nothing was empty then.
    if (!objects.has(name)) await streamObject(env, name).beginRestore();
    const { epoch, point } = await settled(streamObject(env, name).endRestore());
    streams[name] = { epoch, point };
  }
  const epoch = Math.max(...Object.values(streams).map((stream) => stream.epoch));
  if (objects.has("registry")) await streamObject(env, "registry").endRegistryRestore();
  if (objects.has("contracts")) await registryObject(env).endRestore(epoch);
  if (objects.has("master")) await masterObject(env).endRestore(epoch);
  if (objects.has("models")) await modelsObject(env).endRestore(epoch);
  if (objects.has("outgoing")) await outgoingObject(env).endRestore(epoch);
  return { streams, objects: [...objects] };
}

function judgeHead(env: Env, head: z.infer<typeof Head>): Refusal | null {
  const { tenant } = head;
  if (tenant !== env.TENANT) return refuse("not-permitted", `this is the backup of another tenant, ${tenant}`, "put it back at that tenant's hub", "tenant");
  const mend = "put it back with the release that made it, then upgrade";
  if (head.version !== VERSION) return refuse("stale-version", `this backup is of version ${head.version}, this hub reads version ${VERSION}`, mend, "version");
  const parsed = Head2.safeParse(head);
  if (!parsed.success) return notABackup("its first line is not one of a backup");
  const other = Object.entries(FORMS).find(([kind, form]) => parsed.data.forms[kind] !== form);
  if (other === undefined) return null;
  const [kind, form] = other;
  return refuse("stale-version", `this backup has ${kind} tables of form ${parsed.data.forms[kind] ?? "unknown"}, this hub of ${form}`, mend, "forms");
}

function parseLine(line: string): z.infer<typeof Head> | z.infer<typeof Piece> | z.infer<typeof End> | null {
  try {
    const value: unknown = JSON.parse(line);
    for (const schema of [Piece, End, Head]) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
    }
    return null;
  } catch {
    return null;
  }
}

/** Null for a line beyond all bounds. */
async function* splitLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    if (!rest.includes("\n") && rest.length <= LINE_CHARS_MAX) continue;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
    if (rest.length > LINE_CHARS_MAX) yield null;
  }
  if (rest.trim() !== "") yield rest;
}

function notABackup(rule: string): Refusal {
  return refuse("malformed", `not a whole backup: ${rule}`, "send it as GET /api/hub/backup gave it");
}
