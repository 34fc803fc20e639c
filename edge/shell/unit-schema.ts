/** Tables of a Unit object. Entities are documents with the columns that they are found by; everything else is a queue or a log. */
import { blob, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What there is one of: scenario, incarnation, clocks, counters. */
export const meta = sqliteTable("meta", { key: text("key").primaryKey(), value: text("value").notNull() });

export const entity = sqliteTable(
  "entity",
  {
    family: text("family").notNull(),
    id: text("id").notNull(),
    state: text("state"),
    asset: text("asset"),
    ticket: text("ticket"),
    engineer: text("engineer"),
    body: text("body").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.family, t.id] }),
    index("entity_by_state").on(t.family, t.state),
    index("entity_by_asset").on(t.family, t.asset),
    index("entity_by_ticket").on(t.family, t.ticket),
    index("entity_by_engineer").on(t.family, t.engineer),
  ],
);

/** The unit's own operations: the change log, and after `outbox.through` the outbox. Personal values in `body` are sealed. */
export const operation = sqliteTable(
  "operation",
  {
    origin: text("origin").notNull(),
    stream: text("stream").notNull(),
    seq: integer("seq").notNull(),
    at: integer("at").notNull(),
    entity: text("entity").notNull(),
    id: text("id").notNull(),
    body: text("body").notNull(),
  },
  (t) => [primaryKey({ columns: [t.origin, t.stream, t.seq] }), index("operation_on").on(t.entity, t.id)],
);

/** Per incarnation and stream: the first operation that is kept, the last one written, what the hub has made durable, what a backup of it holds. */
export const outbox = sqliteTable(
  "outbox",
  {
    origin: text("origin").notNull(),
    stream: text("stream").notNull(),
    first: integer("first").notNull(),
    last: integer("last").notNull(),
    through: integer("through").notNull(),
    stable: integer("stable").notNull(),
    acknowledgedAt: integer("acknowledged_at"),
  },
  (t) => [primaryKey({ columns: [t.origin, t.stream] })],
);

/** How far each stream of the hub was heard. */
export const inbox = sqliteTable("inbox", {
  stream: text("stream").primaryKey(),
  epoch: integer("epoch").notNull(),
  cursor: text("cursor"),
  repair: text("repair"),
  loaded: text("loaded").notNull(),
  start: text("start"),
  rewrites: integer("rewrites").notNull(),
  seen: text("seen"),
});

/** The hub's records as they were heard. `record`: JSON of `EntityRecord`. */
export const base = sqliteTable(
  "base",
  {
    entity: text("entity").notNull(),
    id: text("id").notNull(),
    stream: text("stream").notNull(),
    at: integer("at").notNull(),
    record: text("record").notNull(),
  },
  (t) => [primaryKey({ columns: [t.entity, t.id] }), index("base_by_stream").on(t.stream)],
);

export const deadLetter = sqliteTable(
  "dead_letter",
  {
    origin: text("origin").notNull(),
    stream: text("stream").notNull(),
    seq: integer("seq").notNull(),
    reason: text("reason").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.origin, t.stream, t.seq] })],
);

/** Keys of subjects' personal values in `operation`; null once the subject was erased. */
export const subjectKey = sqliteTable("subject_key", { subject: text("subject").primaryKey(), key: text("key") });

export const timer = sqliteTable("timer", { key: text("key").primaryKey(), at: integer("at").notNull(), due: text("due").notNull() }, (t) => [
  index("timer_by_at").on(t.at, t.key),
]);

/** Asks that wait for their answer; `nextAt` is when the shell tries again. */
export const ask = sqliteTable("ask", {
  key: text("key").primaryKey(),
  body: text("body").notNull(),
  attempts: integer("attempts").notNull(),
  nextAt: integer("next_at").notNull(),
});

export const decision = sqliteTable(
  "decision",
  {
    id: text("id").primaryKey(),
    at: integer("at").notNull(),
    step: text("step").notNull(),
    subject: text("subject").notNull(),
    hubCalls: integer("hub_calls").notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("decision_by_subject").on(t.subject)],
);

/** Photographs of visits; what is said of them stands on their tickets. */
export const photo = sqliteTable(
  "photo",
  {
    ticket: text("ticket").notNull(),
    id: text("id").notNull(),
    type: text("type").notNull(),
    at: integer("at").notNull(),
    bytes: blob("bytes", { mode: "buffer" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.ticket, t.id] })],
);

/** The last transition applied from each Intake object. */
export const slice = sqliteTable("slice", { slice: integer("slice").primaryKey(), through: integer("through").notNull() });

/** Hashes of secrets: `token` of the API, `session` of a cookie, `link` that opens one session. */
export const secret = sqliteTable("secret", {
  hash: text("hash").primaryKey(),
  kind: text("kind").notNull(),
  role: text("role").notNull(),
  subject: text("subject").notNull(),
  expiresAt: integer("expires_at"),
});

export const credential = sqliteTable("credential", { device: text("device").primaryKey(), hash: text("hash").notNull() });

/** Which models a profile runs; a profile without a row runs what its scenario names. */
export const modelBinding = sqliteTable("model_binding", { profile: text("profile").primaryKey(), body: text("body").notNull() });

/** Cards of models that came to this unit; those that ship have theirs beside the file. */
export const modelCard = sqliteTable("model_card", { hash: text("hash").primaryKey(), at: integer("at").notNull(), body: text("body").notNull() });

/** What models beside a live one saw: never an alarm. */
export const shadowEpisode = sqliteTable(
  "shadow_episode",
  {
    model: text("model").notNull(),
    device: text("device").notNull(),
    since: integer("since").notNull(),
    profile: text("profile").notNull(),
    asset: text("asset").notNull(),
    clearedAt: integer("cleared_at"),
    peak: real("peak").notNull(),
  },
  (t) => [primaryKey({ columns: [t.model, t.device, t.since] }), index("shadow_episode_of").on(t.profile, t.model)],
);

/** What a hub has released to this unit, and what became of it: JSON of a `KeptRelease`. */
export const release = sqliteTable("release", { id: text("id").primaryKey(), at: integer("at").notNull(), body: text("body").notNull() });

/** Of a model that is being fetched: what has come, part by part. */
export const modelPart = sqliteTable(
  "model_part",
  { hash: text("hash").notNull(), n: integer("n").notNull(), bytes: blob("bytes", { mode: "buffer" }).notNull() },
  (t) => [primaryKey({ columns: [t.hash, t.n] })],
);
