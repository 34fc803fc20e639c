/** One fault from its first sign to the CRM, and every instant on the way, each from whoever owns it: simulator, unit, WMS, CRM. */
import { setTimeout as wait } from "node:timers/promises";
import type { Chain, Glances } from "../../../contracts/board.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { failure, progress, refusedJob } from "../outcome.ts";
import { UNIT, boardOf } from "./parts.ts";
import type { Scene } from "./parts.ts";

/** Some healthy seconds first, so that the fault is seen to be a change. */
const CALM_MS = 4_000;
/** A fault grows for 6 s, the model wants a few samples of it, an engineer thinks for some: on a machine that does nothing else 15 s. */
const BOUND_MS = 120_000;
/** A model that has not judged by then will not. */
const TICKET_MS = 60_000;
const LOOK_MS = 250;
const DEVICE = "pump-101";
const MODE = "bearing-wear";

/** Instants in ms since the epoch; `model` is the hash of the one that raised the alarm; the rest are counts. */
export type Journey = {
  readonly faultAt: number;
  readonly sampleAt: number;
  readonly alarmAt: number;
  readonly ticketAt: number;
  readonly offeredAt: number;
  readonly acceptedAt: number;
  readonly wmsReservedAt: number;
  readonly feedAt: number;
  readonly tickets: number;
  readonly absorbed: number;
  readonly repairs: number;
  readonly kitLines: number;
  readonly hubCalls: number;
  readonly model: string;
};

export async function runOnce(scene: Scene): Promise<Journey> {
  await wait(CALM_MS);
  const fault = scene.fleet.inject(DEVICE, MODE);
  if (isRefusal(fault)) throw refusedJob(fault);
  progress(`${DEVICE}: ${MODE} begins`);
  const ticket = await acceptedTicket(scene, fault.at);
  progress(`ticket ${ticket} accepted`);
  const feedAt = await scene.crm
    .until(
      (crm) => crm.journal({ entity: "ticket", id: ticket }).find((seen) => seen.attr === "state" && seen.value === "assigned")?.seenAt,
      Math.max(1, fault.at + BOUND_MS - Date.now()),
    )
    .catch(() => {
      throw failure(`the CRM did not hear of ticket ${ticket} within ${BOUND_MS / 1000} s: ${scene.crm.line().why ?? "its line is up"}`);
    });
  progress("the CRM has heard of it");
  return await journeyOf(scene, ticket, fault.at, feedAt);
}

/** The ticket of the fault, once an engineer has accepted it and the WMS has answered. */
async function acceptedTicket(scene: Scene, faultAt: number): Promise<string> {
  const asset = scene.site.devices.find((device) => device.id === DEVICE)?.asset;
  let seen = "";
  for (; Date.now() < faultAt + BOUND_MS; await wait(LOOK_MS)) {
    const board = await boardOf(scene);
    const ticket = board.tickets.find((one) => one.asset === asset);
    if (ticket === undefined && Date.now() > faultAt + TICKET_MS) throw failure(`no ticket within ${TICKET_MS / 1000} s of the fault`);
    if (ticket === undefined) continue;
    const kit = board.kits.find((one) => one.id === ticket.kit);
    if ("acceptedAt" in ticket && (kit?.state === "reserved" || kit?.state === "none")) return ticket.id;
    seen = `is ${ticket.state}, its kit ${kit?.state ?? "unknown"}`;
  }
  throw failure(`the ticket was not accepted within ${BOUND_MS / 1000} s of the fault: it ${seen}`);
}

async function journeyOf(scene: Scene, id: string, faultAt: number, feedAt: number): Promise<Journey> {
  const chain = await scene.api.ask<Chain>("GET", `/api/u/${UNIT}/tickets/${id}/chain`);
  const { counters } = await scene.api.ask<Glances>("GET", `/api/u/${UNIT}/devices`);
  if (chain.alarm === undefined) throw failure("the ticket has no alarm");
  const accepted = chain.offers.find((offer) => offer.state === "accepted");
  return {
    faultAt,
    sampleAt: chain.alarm.sampleAt,
    alarmAt: chain.alarm.raisedAt,
    ticketAt: chain.ticket.openedAt,
    offeredAt: chain.offers[0]?.madeAt ?? 0,
    acceptedAt: accepted?.answeredAt ?? 0,
    wmsReservedAt: chain.kit.reservedAt ?? 0,
    feedAt,
    tickets: (await boardOf(scene)).tickets.length,
    absorbed: counters.duplicates + counters.reordered,
    repairs: chain.ticket.repairs.length,
    kitLines: chain.kit.lines.length,
    hubCalls: chain.hubCalls,
    model: chain.alarm.model,
  };
}
