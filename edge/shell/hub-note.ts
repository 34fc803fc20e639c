/**
 * When the unit tells its hub what it notes: while the line is up, every quarter of an hour what its Intake met under names that no profile
 * has, and what others wrote so that it can't be read here; once a day and when it changed the scenario and what is read. Background: what fails waits for the next time, and nobody waits for it.
 */
import { count, eq } from "drizzle-orm";
import type { Quarantined } from "../../contracts/board.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { NOTES_MAX } from "../../contracts/note.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { type Told, unknownOf, unreadOf, usedOf } from "../delta/note.ts";
import type { Entities } from "./entities.ts";
import { callHub } from "./hub-call.ts";
import { readUnread } from "./unit-heard.ts";
import * as t from "./unit-schema.ts";
import { type Db, readMeta, writeMeta } from "./unit-tables.ts";

/** Between two tries: what nobody knows yet is not urgent, and a device that floods is told of 96 times a day. */
export const NOTE_MS = 15 * 60_000;
/** What does not change is told again this often: a hub that was put back from a backup, or has another registry, hears it too. */
export const TELL_AGAIN_MS = 24 * 3_600_000;

export type Noting = {
  readonly db: Db;
  readonly entities: Entities;
  readonly hub: HubForUnit;
  readonly proof: () => { readonly origin: Origin; readonly key: string };
  readonly scenario: Scenario;
  /** Hash of the scenario. */
  readonly rules: string;
  /** What the Intake has refused. May fail. */
  readonly refused: () => Promise<readonly Quarantined[]>;
  readonly transact: <T>(body: () => T) => T;
  readonly now: () => Millis;
};

/** Kept over the object's lives. `triedAt`: of the last try; `rules`, `wholeAt`: the scenario that was told, and when. `unread`: what was told to be unread. */
type Kept = { readonly triedAt: Millis; readonly rules: string; readonly wholeAt: Millis; readonly told: Told; readonly unread?: string };

export type HubNotes = {
  /** The hub has just answered something else. Tells what is due; never throws. */
  tell(): Promise<void>;
};

export function hubNotes(noting: Noting): HubNotes {
  let busy = false;
  const keep = (kept: Kept): void => noting.transact(() => writeMeta(noting.db, "noted", JSON.stringify(kept)));

  const tellDue = async (kept: Kept, now: Millis): Promise<void> => {
    keep({ ...kept, triedAt: now });
    const devices = noting.entities.list("device");
    const profiles = new Map<string, string>(devices.map(({ id, profile }) => [id, profile]));
    // Without devices there is no need to wake the Intake.
    const { notes: channels, told } =
      devices.length === 0 ? { notes: [], told: {} } : unknownOf(await noting.refused(), (device) => profiles.get(device), kept.told);
    const fields = unreadOf(readUnread(noting.db));
    const unread = JSON.stringify(fields);
    const notes = [...(unread === (kept.unread ?? "[]") ? [] : fields), ...channels].slice(0, NOTES_MAX);
    const whole = kept.rules !== noting.rules || now - kept.wholeAt >= TELL_AGAIN_MS;
    if (notes.length === 0 && !whole) return;
    const used = whole ? usedOf(noting.scenario, devices, countIn(noting.db)) : [];
    const reply = await callHub(() =>
      noting.hub.note({
        ...noting.proof(),
        ...(notes.length === 0 ? {} : { unknown: notes }),
        ...(whole ? { scenario: noting.scenario, used: [...used] } : {}),
      }),
    );
    if (isRefusal(reply)) throw new Error(reply.rule);
    keep({ triedAt: now, told, unread, rules: whole ? noting.rules : kept.rules, wholeAt: whole ? now : kept.wholeAt });
  };

  return {
    async tell() {
      const [kept, now] = [readKept(noting.db), noting.now()];
      if (busy || now - kept.triedAt < NOTE_MS) return;
      busy = true;
      try {
        await tellDue(kept, now);
      } catch (error) {
        console.warn(`what was noted is told next time: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        busy = false;
      }
    },
  };
}

function readKept(db: Db): Kept {
  const text = readMeta(db, "noted");
  return text === undefined ? { triedAt: Number.NEGATIVE_INFINITY, rules: "", wholeAt: 0, told: {} } : (JSON.parse(text) as Kept);
}

function countIn(db: Db): (family: string) => number {
  return (family) => db.select({ n: count() }).from(t.entity).where(eq(t.entity.family, family)).get()?.n ?? 0;
}
