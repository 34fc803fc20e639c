/** Backups, restores, and units that nobody waits for any more: the administrator's. */
import { UnitId } from "../../contracts/ids.ts";
import { isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import { STREAMS } from "../feed/cursor.ts";
import { BackupMarks, type EpochsAnswer } from "../feed/view.ts";
import { readBackup, writeBackup } from "./backup.ts";
import { streamObject } from "./feed-reader.ts";
import { param } from "./routes-contracts.ts";
import { settled } from "./settled.ts";

/** Marks of four streams with ten thousand origins each. */
const MARKS_BYTES_MAX = 4 * 1024 * 1024;

export function backupRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/backup", async (c) => {
    const backup = await writeBackup(c.env);
    if (isRefusal(backup)) return refused(c, backup);
    return new Response(backup, { headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" } });
  });

  // Only now may units forget what the backup holds: whoever stored it says so, with the marks of its first line.
  routes.signed("POST", "/api/hub/backups/confirm", async (c) => {
    const ask = await readBody(c, BackupMarks, MARKS_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const stable = await Promise.all(
      STREAMS.flatMap((stream) => {
        const mark = ask.marks[stream];
        return mark === undefined
          ? []
          : [
              streamObject(c.env, stream)
                .confirmBackup(mark)
                .then((position) => [stream, position] as const),
            ];
      }),
    );
    return c.json({ stable: Object.fromEntries(stable) });
  });

  routes.signed("POST", "/api/hub/restore", async (c) => {
    const { body } = c.req.raw;
    if (body === null) return refused(c, refuse("malformed", "a backup", "send it as GET /api/hub/backup gave it"));
    const restored = await readBackup(c.env, body);
    return isRefusal(restored) ? refused(c, restored) : c.json(restored);
  });

  // The storage was put back by other means.
  routes.signed("POST", "/api/hub/epochs", async (c) => {
    const began = await Promise.all(STREAMS.map(async (stream) => [stream, { ...(await settled(streamObject(c.env, stream).beginEpoch())) }] as const));
    return c.json({ streams: Object.fromEntries(began) } satisfies EpochsAnswer);
  });

  routes.signed("POST", "/api/hub/units/:unit/expel", async (c) => {
    const unit = UnitId.safeParse(param(c, "unit"));
    if (!unit.success) return refused(c, malformed(unit.error, "name a unit"));
    await Promise.all(STREAMS.map((stream) => streamObject(c.env, stream).expel(unit.data)));
    return c.json({ unit: unit.data, expelled: true });
  });
}
