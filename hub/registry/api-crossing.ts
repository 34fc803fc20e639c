/** What is asked of the hub in the words of another system, and answered beside ours. */
import { z } from "zod";
import { FeedItem, FeedPage } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { Refusal } from "../../contracts/refusal.ts";
import { SNAPSHOT_ROWS, SNAPSHOT_ROWS_MAX, SnapshotPage } from "../feed/view.ts";
import { Subject } from "./contract.ts";

const Record = z.record(z.string(), z.json());
const State = z.union([z.string().max(255), z.number(), z.boolean()]);
const Name = z.string().min(1).max(100);

/** `theirs`: records, none where the entity does not cross. `refused`: a value that has no counterpart. Neither: the bridge makes nothing of it. */
const Beside = { theirs: z.array(Record).optional(), refused: Refusal.optional() };

export const CrossedFeed = z.strictObject({ ...FeedPage.shape, items: z.array(z.strictObject({ ...FeedItem.shape, ...Beside })) });

export const CrossedQuery = z.strictObject({
  after: z.string().max(2_048).optional().describe("`next` of the last page; absent: a new snapshot, as of now"),
  limit: z.coerce.number().int().min(1).max(SNAPSHOT_ROWS_MAX).default(SNAPSHOT_ROWS),
});
export const CrossedPage = z.strictObject({ ...SnapshotPage.shape, rows: z.array(z.strictObject({ ...SnapshotPage.shape.rows.element.shape, ...Beside })) });

/** As a write in our words, with a record of theirs for the changes. */
export const CrossedWrite = z.strictObject({
  key: z.string().min(1).max(128).describe("Of this write: the same key is taken once, and answered again"),
  id: z.string().min(1).max(128),
  record: Record.describe("Fields of theirs; null clears, absence says nothing"),
  seen: z.number().int().min(0).optional().describe("The version of the entity that the writer had seen"),
  units: z.array(UnitId).max(1_000).optional().describe("Units that shall see the entity from now on"),
  reason: z.string().min(1).max(200),
});

/** Our entities are counted by the hub; what other systems counted is sent, each by its own states. */
export const ReportAsk = z.strictObject({
  subject: Subject,
  attr: z.string().min(1).max(64),
  states: z.array(z.string().max(100)).min(1).max(100).describe("In our words"),
  systems: z
    .array(
      z.strictObject({
        name: Name,
        bridge: Name.describe("The published bridge that says what its states mean"),
        counts: z.array(z.strictObject({ state: State, count: z.number().int().min(0) })).max(500),
      }),
    )
    .max(50),
});
export type ReportAsk = z.infer<typeof ReportAsk>;
export const ReportAnswer = z.strictObject({
  total: z.number().int(),
  parts: z.array(z.strictObject({ name: z.string(), count: z.number().int(), states: z.array(State) })),
});
