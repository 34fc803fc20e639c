/** A ticket told as the chain of what led to it and followed from it, and the figures over all tickets: how long the machine took, how long the people. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Asset } from "../../contracts/asset.ts";
import type { ChainStep, Kpis } from "../../contracts/board.ts";
import type { Decision } from "../../contracts/decision.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";

type About = ChainStep["about"];

/** Every step in its order, each with its instant and decision; a step without an instant has not happened. What a person opened has no sign and no alarm. `decisions`: those of the alarm and of the ticket, oldest first. */
export function chainOf(
  ticket: Ticket,
  alarm: Alarm | undefined,
  asset: Asset,
  offers: readonly Offer[],
  kit: Kit,
  decisions: readonly Decision[],
): readonly ChainStep[] {
  const offer = offerOf(ticket, offers);
  const decisionOf = (step: Decision["step"], outcomes: readonly string[]): string | undefined =>
    decisions.findLast((one) => one.step === step && outcomes.includes(one.outcome))?.id;
  const raised = decisionOf("alarm", ["raised"]);
  const opened = decisionOf("ticket", ["opened"]);
  const offered = decisions.findLast((one) => one.step === "offer" && one.outcome === "offered" && one.snapshot["offer"] === offer?.id)?.id;
  const has = "acceptedAt" in ticket ? ticket : undefined;
  const leftAt = has !== undefined && "leftAt" in has ? has.leftAt : undefined;
  const arrivedAt = has !== undefined && "arrivedAt" in has ? has.arrivedAt : undefined;
  return [
    ...(alarm === undefined ? [] : signOf(alarm, raised)),
    step("ticket", ticket.openedAt, opened, {
      ticket: ticket.id,
      asset: asset.id,
      priority: ticket.priority,
      respondBy: ticket.respondBy,
      resolveBy: ticket.resolveBy,
    }),
    step("repairs", ticket.openedAt, opened, repairsAbout(ticket)),
    step("engineer", offer?.madeAt, offered, offer === undefined ? {} : offerAbout(offer, offers.length)),
    step("kit", ticket.openedAt, decisionOf("kit", ["asked", "none", "held"]), {
      kit: kit.id,
      lines: kit.lines.length,
      pieces: kit.lines.reduce((sum, line) => sum + line.quantity, 0),
      state: kit.state,
    }),
    step("wms", kit.reservedAt, decisionOf("reservation", ["reserved", "short", "rejected", "unreachable", "released"]), wmsAbout(kit)),
    step(
      "accepted",
      has?.acceptedAt,
      decisionOf("answer", ["accepted"]),
      has === undefined ? {} : { engineer: has.to, ...(offer === undefined ? {} : { afterMs: has.acceptedAt - offer.madeAt }) },
    ),
    step("travelling", leftAt, decisionOf("progress", ["travelling"]), {}),
    step("working", arrivedAt, decisionOf("progress", ["working"]), {}),
    step(
      "resolved",
      "resolvedAt" in ticket ? ticket.resolvedAt : undefined,
      decisionOf("progress", ["resolved"]),
      "partsUsed" in ticket ? { partsUsed: ticket.partsUsed.length } : {},
    ),
  ];
}

/** Means over accepted tickets that follow no other and were not reopened, in ms: the sample's arrival → first offer is the machine's part, first offer → acceptance the people's; declined offers lie in theirs. */
export function kpisOf(tickets: readonly Ticket[], alarms: readonly Alarm[], offers: readonly Offer[], hubCalls: number): Kpis {
  const sampleAt = new Map(alarms.map((alarm) => [alarm.id, alarm.sampleAt]));
  const firstOfferAt = new Map<string, Millis>();
  for (const { ticket, madeAt } of offers) firstOfferAt.set(ticket, Math.min(madeAt, firstOfferAt.get(ticket) ?? Infinity));
  const spans = tickets.flatMap((ticket) => {
    const from = ticket.alarm === undefined ? undefined : sampleAt.get(ticket.alarm);
    const askedAt = firstOfferAt.get(ticket.id);
    const isFirst = ticket.follows === undefined && ticket.reopened === undefined;
    return "acceptedAt" in ticket && isFirst && from !== undefined && askedAt !== undefined
      ? [{ machineMs: askedAt - from, humanMs: ticket.acceptedAt - askedAt }]
      : [];
  });
  const mean = (of: (span: { machineMs: number; humanMs: number }) => number): number =>
    spans.length === 0 ? 0 : spans.reduce((sum, span) => sum + of(span), 0) / spans.length;
  return { accepted: spans.length, machineMs: mean((span) => span.machineMs), humanMs: mean((span) => span.humanMs), tickets: tickets.length, hubCalls };
}

function signOf(alarm: Alarm, raised: string | undefined): readonly ChainStep[] {
  return [
    step("vibration", alarm.sampleAt, raised, { device: alarm.device, score: alarm.score, ...strongest(alarm) }),
    step("alarm", alarm.raisedAt, raised, {
      alarm: alarm.id,
      faultMode: alarm.faultMode,
      severity: alarm.severity,
      score: alarm.score,
      repeats: alarm.repeats,
      absorbed: alarm.absorbed,
      afterMs: alarm.raisedAt - alarm.sampleAt,
    }),
  ];
}

function step(name: ChainStep["step"], at: Millis | undefined, decision: string | undefined, about: About): ChainStep {
  return { step: name, ...(at === undefined ? {} : { at }), ...(decision === undefined ? {} : { decision }), about };
}

/** The offer that was taken, or stands; otherwise the latest one. */
function offerOf(ticket: Ticket, offers: readonly Offer[]): Offer | undefined {
  const current = "offer" in ticket ? offers.find((offer) => offer.id === ticket.offer) : undefined;
  return current ?? offers.toSorted((a, b) => a.madeAt - b.madeAt).at(-1);
}

function strongest(alarm: Alarm): About {
  const [first] = alarm.evidence.toSorted((a, b) => b.share - a.share);
  return first === undefined ? {} : { channel: first.channel, share: first.share };
}

function repairsAbout({ repairs, faultMode }: Ticket): About {
  const [last] = repairs;
  return {
    count: repairs.length,
    sameFault: repairs.filter((repair) => repair.faultMode === faultMode).length,
    ...(last === undefined ? {} : { lastAt: last.doneAt, lastFault: last.faultMode }),
  };
}

function offerAbout({ engineer, because, notChosen, expiresAt, state }: Offer, asked: number): About {
  const { distanceM, travelMs, queueMs, positionAgeMs } = because;
  return {
    engineer,
    state,
    distanceM,
    travelMs,
    queueMs,
    ...(positionAgeMs === undefined ? {} : { positionAgeMs }),
    notChosen: notChosen.length,
    asked,
    expiresAt,
  };
}

function wmsAbout({ state, reservation, depot, attempts, missing }: Kit): About {
  return {
    state,
    attempts,
    ...(reservation === undefined ? {} : { reservation }),
    ...(depot === undefined ? {} : { depot }),
    ...(missing === undefined ? {} : { missing: missing.length }),
  };
}
