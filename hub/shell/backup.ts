/**
 * A backup of all streams and of the registry as lines of JSON, written while it is read and read while it is written:
 *
 * ```
 * {"outpost":"backup","version":1,"tenant":…,"form":…,"at":…,"marks":{"tickets":{…},…}}
 * {"object":"tickets","table":"log","rows":[…]}          many, at most some MiB each
 * {"end":true,"rows":…}                                  without it the backup is not whole
 * ```
 */
import { z } from "zod";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { STREAMS } from "../feed/cursor.ts";
import { BackupMarks, type RestoreAnswer } from "../feed/view.ts";
import { streamObject } from "./feed-reader.ts";
import { settled } from "./settled.ts";
import { COPY_FORM, type CopyHead } from "./stream-copy.ts";

const OBJECTS = [...STREAMS, "registry"] as const;
type ObjectName = (typeof OBJECTS)[number];

const Head = z.strictObject({
  outpost: z.literal("backup"),
  version: z.literal(1),
  tenant: z.string(),
  form: z.number().int(),
  at: z.number(),
  marks: BackupMarks.shape.marks,
});
const Piece = z.strictObject({
  object: z.enum(OBJECTS),
  table: z.string().max(40),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
});
const End = z.strictObject({ end: z.literal(true), rows: z.number().int() });

/** One line: a piece of 4 MiB and its last row. */
const LINE_CHARS_MAX = 16 * 1024 * 1024;

/** Refuses `too-many`. A copy is taken in each object, one after another: consistent within a stream, as of its mark. */
export async function writeBackup(env: Env): Promise<ReadableStream<Uint8Array> | Refusal> {
  const heads: [ObjectName, CopyHead][] = [];
  for (const name of OBJECTS) {
    const head = await settled(streamObject(env, name).beginCopy());
    if (isRefusal(head)) return head;
    heads.push([name, { id: head.id, tables: [...head.tables], mark: { ...head.mark, throughs: { ...head.mark.throughs } } }]);
  }
  const marks = Object.fromEntries(heads.flatMap(([name, { mark }]) => (name === "registry" ? [] : [[name, mark] as const])));
  const lines = linesOf(env, heads, { outpost: "backup", version: 1, tenant: env.TENANT, form: COPY_FORM, at: Date.now(), marks });
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

async function* linesOf(env: Env, heads: readonly (readonly [ObjectName, CopyHead])[], first: z.infer<typeof Head>): AsyncGenerator<string, void> {
  let count = 0;
  try {
    yield JSON.stringify(first);
    for (const [object, { id, tables }] of heads) {
      for (const table of tables) {
        for (let after: number | null = 0; after !== null;) {
          const piece: Awaited<ReturnType<DurableObjectStub<import("../hub.ts").Hub>["copyRows"]>> = await settled(
            streamObject(env, object).copyRows(id, table, after),
          );
          // The reader sees no end line, and so knows that this is none.
          if (isRefusal(piece)) return;
          count += piece.count;
          if (piece.count > 0) yield `{"object":"${object}","table":"${table}","rows":${piece.rows}}`;
          after = piece.next;
        }
      }
    }
    yield JSON.stringify({ end: true, rows: count } satisfies z.infer<typeof End>);
  } finally {
    for (const [object, { id }] of heads) await streamObject(env, object).endCopy(id);
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
      const stub = streamObject(env, parsed.object);
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

async function putBack(env: Env, objects: ReadonlySet<ObjectName>): Promise<Pick<RestoreAnswer, "streams">> {
  const streams: RestoreAnswer["streams"] = {};
  for (const name of OBJECTS) {
    if (name === "registry") {
      if (objects.has(name)) await streamObject(env, name).endRegistryRestore();
      continue;
    }
    // A stream of which the backup holds nothing was empty then.
    if (!objects.has(name)) await streamObject(env, name).beginRestore();
    const { epoch, point } = await settled(streamObject(env, name).endRestore());
    streams[name] = { epoch, point };
  }
  return { streams };
}

function judgeHead(env: Env, { tenant, form }: z.infer<typeof Head>): Refusal | null {
  if (tenant !== env.TENANT) return refuse("not-permitted", `this is the backup of another tenant, ${tenant}`, "put it back at that tenant's hub", "tenant");
  return form === COPY_FORM
    ? null
    : refuse(
        "stale-version",
        `this backup has tables of form ${form}, this hub of ${COPY_FORM}`,
        "put it back with the release that made it, then upgrade",
        "form",
      );
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
