/** Board and glances joined into what is drawn: one entry per asset and per engineer, and what is chosen when nobody has chosen. Pure. */
import type { Alarm } from "../../../contracts/alarm.ts";
import type { Asset } from "../../../contracts/asset.ts";
import type { Board, DeviceGlance } from "../../../contracts/board.ts";
import type { Engineer } from "../../../contracts/engineer.ts";
import type { Place } from "../../../contracts/instant.ts";
import type { Kit } from "../../../contracts/kit.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { policyOf, type Escalation } from "../../../contracts/ticket-policy.ts";
import type { Priority, Ticket } from "../../../contracts/ticket.ts";
import type { VerdictState } from "../../../contracts/verdict.ts";

export type AssetState = VerdictState | "progress";
export type SeenAsset = { readonly asset: Asset; readonly place: Place; readonly state: AssetState; readonly device: string | undefined };
export type SeenEngineer = { readonly engineer: Engineer; readonly place: Place; readonly at: number | undefined; readonly busy: boolean };

const WORSE: Readonly<Record<VerdictState, number>> = { normal: 0, suspect: 1, anomalous: 2 };

export function isActive(ticket: Ticket): boolean {
  return ticket.state !== "resolved" && ticket.state !== "closed" && ticket.state !== "cancelled";
}

/** Nobody has accepted it yet. */
export function isAwaited({ state }: Ticket): boolean {
  return state === "open" || state === "offered" || state === "reopened";
}

/** Somebody has accepted and is on it. */
export function isInProgress(ticket: Ticket): boolean {
  return ticket.state === "assigned" || ticket.state === "travelling" || ticket.state === "working";
}

export function seeAssets(board: Board, glances: readonly DeviceGlance[]): readonly SeenAsset[] {
  const taken = new Set(board.tickets.filter(isInProgress).map(({ asset }) => asset));
  const glancesByAsset = Map.groupBy(glances, ({ asset }) => asset);
  return board.assets.map((asset) => {
    const of = glancesByAsset.get(asset.id) ?? [];
    const worst = of.toSorted((a, b) => WORSE[b.state] - WORSE[a.state])[0];
    const moved = asset.moves ? of.find(({ position }) => position !== undefined)?.position : undefined;
    return {
      asset,
      place: moved ?? asset.position,
      state: taken.has(asset.id) ? "progress" : (worst?.state ?? "normal"),
      device: worst?.device ?? board.devices.find((device) => device.asset === asset.id)?.id,
    };
  });
}

export function seeEngineers(board: Board): readonly SeenEngineer[] {
  const busy = new Set(board.tickets.filter(isInProgress).map((ticket) => ("to" in ticket ? ticket.to : "")));
  return board.engineers.map((engineer) => {
    const position = board.positions.find(({ id }) => id === engineer.id);
    return { engineer, place: position?.place ?? engineer.home, at: position?.at, busy: busy.has(engineer.id) };
  });
}

/** Active ones first, the newest of them on top. */
export function orderTickets(tickets: readonly Ticket[]): readonly Ticket[] {
  return tickets.toSorted((a, b) => Number(isActive(b)) - Number(isActive(a)) || b.openedAt - a.openedAt);
}

/** Anomalous, then suspect, the worst first; calm ones by name, so that rows stand still. */
export function orderGlances(glances: readonly DeviceGlance[]): readonly DeviceGlance[] {
  return glances.toSorted(
    (a, b) => WORSE[b.state] - WORSE[a.state] || (a.state === "normal" ? a.device.localeCompare(b.device, "en", { numeric: true }) : b.score - a.score),
  );
}

/** Alarms whose ticket a person must open. */
export function proposalsOf(alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.filter(({ proposed, clearedAt }) => proposed !== undefined && clearedAt === undefined);
}

/** Alarms that nobody has looked at for so long that somebody else was told, and that no ticket shows, open or proposed. */
export function unseenOf(alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.filter(
    ({ escalation, acknowledgedAt, clearedAt, shelved, suppressed, ticket, proposed }) =>
      escalation !== undefined && [acknowledgedAt, clearedAt, shelved, suppressed, ticket, proposed].every((one) => one === undefined),
  );
}

/** Whether an alarm asks for somebody. */
export function isCalling(alarms: readonly Alarm[]): boolean {
  return unseenOf(alarms).length + proposalsOf(alarms).length > 0;
}

/** Who was told last: of an alarm, or of a ticket that somebody is still to accept. Undefined where nobody was. */
export function toldOf(scenario: Scenario, when: Escalation["when"], priority: Priority, level: number | undefined): Escalation["who"] | undefined {
  const levels = policyOf(scenario).escalations.filter((one) => one.when === when && (one.priorities?.includes(priority) ?? true));
  return level === undefined ? undefined : (levels[level - 1]?.who ?? { en: String(level), zh: String(level) });
}

export function toldOfAlarm(scenario: Scenario, { faultMode, escalation }: Pick<Alarm, "faultMode" | "escalation">): Escalation["who"] | undefined {
  const priority = scenario.faultModes.find(({ id }) => id === faultMode)?.priority ?? "p3";
  return toldOf(scenario, "unacknowledged", priority, escalation?.level);
}

/** What of a ticket a person must let run. */
export function waitsOf(ticket: Ticket, kit: Kit | undefined): readonly ("kit" | "offer")[] {
  if (!isActive(ticket)) return [];
  return [
    ...(kit?.needsPerson === true ? (["kit"] as const) : []),
    ...((ticket.state === "open" || ticket.state === "reopened") && ticket.needsPerson === true ? (["offer"] as const) : []),
  ];
}

export function latestAlarm(alarms: readonly Alarm[], device: string): Alarm | undefined {
  return alarms.filter((alarm) => alarm.device === device).toSorted((a, b) => b.raisedAt - a.raisedAt)[0];
}
