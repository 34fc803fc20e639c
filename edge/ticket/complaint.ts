/** What is answered to a complaint: the job, the anomalies that it is linked to with their evidence, and a sentence in both languages. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Anomaly, ComplaintAnswer, JobGlance } from "../../contracts/complaint-answer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AssetId } from "../../contracts/ids.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { hasSaid } from "./condition.ts";
import { faultModeById } from "./fault-mode.ts";

/** Undefined where no job of the asset has it. Alarms that are no longer kept are left out. */
export function complaintAnswer(view: UnitView, asset: AssetId, id: string): ComplaintAnswer | undefined {
  const ticket = view.list("ticket", { asset }).findLast((one) => hasSaid(one, id));
  const complaint = ticket?.complaints?.find((one) => one.id === id);
  if (ticket === undefined || complaint === undefined) return undefined;
  const anomalies = complaint.alarms.flatMap((alarm) => view.get("alarm", alarm) ?? []).map((alarm) => anomalyOf(view.scenario, alarm));
  const joined = ticket.source !== "complaint" || ticket.complaints?.[0]?.id !== id;
  return { complaint, job: glanceOf(ticket), joined, anomalies, said: sentence(joined, anomalies.length) };
}

export function glanceOf({ id, state, openedAt, respondBy, resolveBy }: Ticket): JobGlance {
  return { id, state, openedAt, respondBy, resolveBy };
}

function anomalyOf(scenario: Scenario, { id, faultMode, severity, raisedAt, clearedAt, score, evidence }: Alarm): Anomaly {
  const channels = scenario.profiles.flatMap((profile) => profile.channels);
  const titleOf = (channel: string) => channels.find((one) => one.id === channel)?.title ?? { en: channel, zh: channel };
  return {
    alarm: id,
    faultMode,
    title: faultModeById(scenario, faultMode)?.title ?? { en: faultMode, zh: faultMode },
    severity,
    raisedAt,
    ...(clearedAt === undefined ? {} : { clearedAt }),
    score,
    evidence: evidence.map(({ channel, share }) => ({ channel, title: titleOf(channel), share })),
  };
}

function sentence(joined: boolean, anomalies: number): ComplaintAnswer["said"] {
  return {
    en: `${joined ? "Noted with the job that is under way." : "Noted, and a job is opened."} ${anomalies === 0 ? "The machine had reported nothing." : `The machine had reported it before: ${anomalies}.`}`,
    zh: `${joined ? "已登记，并入正在处理的工单。" : "已登记，并已开单。"}${anomalies === 0 ? "设备此前无异常记录。" : `设备此前已有 ${anomalies} 条异常记录。`}`,
  };
}
