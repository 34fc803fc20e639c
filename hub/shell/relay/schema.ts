/** Tables of the Outgoing object: what leaves the hub by itself, how far it came, and what could not be delivered. No event is copied here: the log of the hub is the queue. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Webhook endpoints. `cursor`: everything before it is delivered or dead. `unit`: sees only this unit's operations, "" all. `revision` rises when somebody changes it, so that a delivery under way notices. */
export const endpoint = sqliteTable("endpoint", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  url: text("url").notNull(),
  owner: text("owner").notNull(),
  unit: text("unit").notNull(),
  filter: text("filter").notNull(),
  types: text("types").notNull(),
  payload: text("payload").notNull(),
  /** JSON: what the receiver may have personal values for. */
  purposes: text("purposes").notNull().default("[]"),
  cursor: text("cursor").notNull(),
  revision: integer("revision").notNull(),
  state: text("state").notNull(),
  why: text("why").notNull(),
  failures: integer("failures").notNull(),
  vain: integer("vain").notNull(),
  nextAt: integer("next_at").notNull(),
  resyncs: integer("resyncs").notNull(),
  delivered: integer("delivered").notNull(),
  /** How long the last attempt took, and how old the last delivered change was when it was taken. */
  tookMs: integer("took_ms").notNull(),
  delayMs: integer("delay_ms"),
  lastOkAt: integer("last_ok_at"),
  lastError: text("last_error"),
  madeAt: integer("made_at").notNull(),
});

/** Signing secrets. `until`: when a former one ends, null for the present one. Never read but to sign. */
export const secret = sqliteTable(
  "secret",
  { n: integer("n").primaryKey({ autoIncrement: true }), endpoint: text("endpoint").notNull(), secret: text("secret").notNull(), until: integer("until") },
  (t) => [index("secret_endpoint").on(t.endpoint)],
);

/** Events that an endpoint did not take, by their place in the log. `before`: a cursor from which the feed gives the event first or soon. `again`: 1 once redelivery was asked for. */
export const dead = sqliteTable(
  "dead",
  {
    n: integer("n").primaryKey({ autoIncrement: true }),
    endpoint: text("endpoint").notNull(),
    before: text("before").notNull(),
    stream: text("stream").notNull(),
    epoch: integer("epoch").notNull(),
    hubSeq: integer("hub_seq").notNull(),
    type: text("type").notNull(),
    subject: text("subject").notNull(),
    reason: text("reason").notNull(),
    at: integer("at").notNull(),
    again: integer("again").notNull(),
  },
  (t) => [
    index("dead_endpoint").on(t.endpoint, t.n),
    // Rare rows only: looked at before each turn.
    index("dead_again")
      .on(t.endpoint)
      .where(sql`again = 1`),
  ],
);

/** Consumers of the feed by name, with the cursor that they committed. */
export const consumer = sqliteTable("consumer", {
  id: text("id").primaryKey(),
  owner: text("owner").notNull(),
  unit: text("unit").notNull(),
  filter: text("filter").notNull(),
  cursor: text("cursor").notNull(),
  committedAt: integer("committed_at"),
  madeAt: integer("made_at").notNull(),
});

/** Systems that we call. `breaker`: JSON of `Breaker`. `secretRef`: names a secret of the deployment, "" none. */
export const connector = sqliteTable("connector", {
  id: text("id").primaryKey(),
  kind: text("kind").notNull(),
  url: text("url").notNull(),
  secretRef: text("secret_ref").notNull(),
  breaker: text("breaker").notNull(),
  calls: integer("calls").notNull(),
  bad: integer("bad").notNull(),
  timeouts: integer("timeouts").notNull(),
  stale: integer("stale").notNull(),
  nextAt: integer("next_at").notNull(),
  tookMs: integer("took_ms"),
  lastOkAt: integer("last_ok_at"),
  lastError: text("last_error"),
  madeAt: integer("made_at").notNull(),
});

/** The last good answer of each path of a connector. */
export const answer = sqliteTable(
  "answer",
  {
    connector: text("connector").notNull(),
    path: text("path").notNull(),
    status: integer("status").notNull(),
    body: text("body").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.connector, t.path] }), index("answer_age").on(t.connector, t.at)],
);

/** What is to be written at a connector, in order. `dead`: why it was given up; then it is no longer in the queue. `answers`: how often it was answered that the other side is out of order. */
export const queued = sqliteTable(
  "queued",
  {
    n: integer("n").primaryKey({ autoIncrement: true }),
    connector: text("connector").notNull(),
    key: text("key").notNull(),
    method: text("method").notNull(),
    path: text("path").notNull(),
    body: text("body"),
    at: integer("at").notNull(),
    answers: integer("answers").notNull(),
    dead: text("dead"),
  },
  (t) => [index("queued_connector").on(t.connector, t.n), index("queued_key").on(t.connector, t.key)],
);
