/** What a unit's own records say of a model: the jobs that its alarms opened, what visits found, and how the candidate does against the live one. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { View } from "../../contracts/entity.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelRecord } from "../../contracts/model-record.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOfModel } from "../../contracts/trust.ts";
import { isWorthTheWay, type Outcome } from "../verdict/calibrate.ts";
import type { Episode, Job } from "../verdict/trial/compare.ts";

/** Everything that happened on the assets of one profile. */
export type History = { readonly tickets: readonly Ticket[]; readonly alarms: readonly Alarm[] };

export function historyOf(view: View, profile: string): History {
  const devices = view.list("device").filter((device) => device.profile === profile);
  const ids = new Set<string>(devices.map(({ id }) => id));
  const assets = [...new Set(devices.map(({ asset }) => asset))];
  return {
    tickets: assets.flatMap((asset) => view.list("ticket", { asset })),
    alarms: assets.flatMap((asset) => view.list("alarm", { asset })).filter((alarm) => ids.has(alarm.device)),
  };
}

/** Jobs as labels. One that was called off says nothing; one of a fault code or of a person counts like any other: it is a chance to find a fault. */
export function jobsOf({ tickets }: History): readonly Job[] {
  return tickets.map((ticket) => ({ asset: ticket.asset, openedAt: ticket.openedAt, closedAt: overAt(ticket), truth: truthOf(ticket) }));
}

function overAt(ticket: Ticket): Millis | null {
  if (ticket.state === "closed" || ticket.state === "resolved") return ticket.resolvedAt;
  return ticket.state === "cancelled" ? ticket.cancelledAt : null;
}

function truthOf(ticket: Ticket): Job["truth"] {
  if (ticket.state !== "closed" && ticket.state !== "resolved") return null;
  if (ticket.finding === undefined) return null;
  return ticket.finding === "false-alarm" ? "nothing" : "fault";
}

/** Alarms that a model's scores raised: those of fault codes and fixed limits are nobody's. */
export function alarmsBy({ alarms }: History, model: ModelHash, from: Millis): readonly Episode[] {
  return alarms
    .filter((alarm) => alarm.model === model && isOfModel(alarm) && (alarm.clearedAt === undefined || alarm.clearedAt >= from))
    .map(({ asset, since, clearedAt }) => ({ asset, since, clearedAt: clearedAt ?? null }));
}

/** What visits found out about a model's alarms on one profile: what its calibration is made of. */
export function outcomesOf(view: View, profile: string, model: ModelHash): readonly Outcome[] {
  const ids = new Set<string>(view.list("device").flatMap((device) => (device.profile === profile ? [device.id] : [])));
  return view.list("alarm").flatMap((alarm) => {
    const { label, score, device } = alarm;
    if (label === undefined || alarm.model !== model || !ids.has(device) || !isOfModel(alarm)) return [];
    return [{ score, isTrue: isWorthTheWay(label.finding), at: label.at }];
  });
}

export type Judged = Pick<ModelRecord, "tickets" | "found" | "corrections" | "adoption" | "falseAlarmRate">;

/** What became of the jobs that its alarms opened or joined: a job stands for each of them. */
export function judgedOf({ tickets, alarms }: History, model: ModelHash): Judged {
  const own = new Set<string>(alarms.flatMap((alarm) => (alarm.model === model && isOfModel(alarm) ? [alarm.id] : [])));
  const opened = tickets.filter((ticket) => [ticket.alarm, ...(ticket.alarms ?? [])].some((id) => id !== undefined && own.has(id)));
  const over = opened.filter((ticket) => overAt(ticket) !== null);
  const count = (truth: Job["truth"]): number => over.filter((ticket) => truthOf(ticket) === truth).length;
  const found = { true: count("fault"), false: count("nothing"), unknown: count(null) };
  const overridden = opened.filter(isOverridden).length;
  const corrected = over.filter((ticket) => "finding" in ticket && ticket.finding === "other-fault").length;
  const automatic = opened.filter((ticket) => ticket.history?.[0]?.as === "unit");
  const kept = automatic.filter((ticket) => !isOverridden(ticket)).length;
  const labelled = found.true + found.false;
  return {
    tickets: opened.length,
    found,
    corrections: corrected + overridden,
    ...(automatic.length === 0 ? {} : { adoption: kept / automatic.length }),
    ...(labelled === 0 ? {} : { falseAlarmRate: found.false / labelled }),
  };
}

/** A person called it off, or took it from whom the unit had chosen. */
function isOverridden(ticket: Ticket): boolean {
  const byPerson = (ticket.history ?? []).filter(({ as }) => as === "dispatcher" || as === "crm");
  return byPerson.some(({ from, to }) => to === "cancelled" || (to === "open" && from !== undefined && from !== "open"));
}
