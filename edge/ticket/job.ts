/** A job as it is opened: what it is for, what it needs and what is promised, from an alarm, a person, a customer or an earlier visit. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Repair } from "../../contracts/asset.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AssetId, KitId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { FaultMode } from "../../contracts/scenario.ts";
import { worse } from "../../contracts/severity.ts";
import { REPAIRS_MAX, type Actor, type Priority, type Ticket, type TicketEvery } from "../../contracts/ticket.ts";
import type { Complaint } from "../../contracts/visit.ts";
import { promisedOf } from "./entitled.ts";
import { faultModeById, faultModeOf } from "./fault-mode.ts";
import { urgencyOf } from "./urgency.ts";

type Open = Extract<Ticket, { state: "open" }>;
export type Ids = { readonly ticket: TicketId; readonly kit: KitId };
type Opener = { readonly at: Millis; readonly by: string; readonly as: Actor };

/** The job that an alarm asks for, with its promise, the job that it follows and what was done to the asset before. */
export function openTicket(view: UnitView, alarm: Alarm, ids: Ids, opener: Opener, follows?: TicketId): Open {
  const mode = faultModeById(view.scenario, alarm.faultMode) ?? faultModeOf(view.scenario, alarm);
  const priority = urgencyOf(mode.priority, mode.severity, alarm.severity);
  return jobOf(view, { asset: alarm.asset, mode, ids, opener, alarm, priority, ...(follows === undefined ? {} : { follows }) });
}

/** What a person, a program or an earlier visit asks for. */
export type Wanted = {
  readonly asset: AssetId;
  readonly mode: FaultMode;
  readonly ids: Ids;
  readonly opener: Opener;
  readonly source?: NonNullable<TicketEvery["source"]>;
  readonly words?: string;
  readonly priority?: Priority;
  readonly crew?: number;
  readonly parent?: TicketId;
  readonly follows?: TicketId;
  readonly alarm?: Alarm;
  readonly complaint?: Complaint;
};

export function jobOf(view: UnitView, wanted: Wanted): Open {
  const { asset, mode, ids, opener, source, words, priority = mode.priority, parent, follows, alarm, complaint } = wanted;
  const crew = wanted.crew ?? mode.crew ?? 1;
  return {
    state: "open",
    id: ids.ticket,
    asset,
    ...(alarm === undefined ? {} : { alarm: alarm.id, episode: alarm.episode }),
    ...(source === undefined ? {} : { source }),
    ...(words === undefined ? {} : { words }),
    faultMode: mode.id,
    severity: worse(mode.severity, alarm?.severity),
    ...(alarm?.chance === undefined ? {} : { chance: alarm.chance }),
    priority,
    skills: mode.skills,
    repairs: recentRepairs(view, asset),
    kit: ids.kit,
    openedAt: opener.at,
    ...promisedOf(view, { asset, faultMode: mode.id, priority, at: opener.at }),
    asked: [],
    round: 0,
    ...(follows === undefined ? {} : { follows }),
    ...(parent === undefined ? {} : { parent }),
    ...(complaint === undefined ? {} : { complaints: [complaint] }),
    ...(crew > 1 ? { crew } : {}),
    ...(mode.checklist === undefined || mode.checklist.length === 0 ? {} : { checklist: mode.checklist }),
    ...(mode.photosMin === undefined ? {} : { photosMin: mode.photosMin }),
    history: [{ ...opener, to: "open", why: source ?? "alarm" }],
  };
}

function recentRepairs(view: UnitView, asset: AssetId): Repair[] {
  return [...view.list("repair", { asset })].sort((a, b) => b.doneAt - a.doneAt || (a.id < b.id ? 1 : -1)).slice(0, REPAIRS_MAX);
}
