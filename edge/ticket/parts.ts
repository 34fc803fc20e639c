/**
 * The kit of a ticket and its reservation at a WMS. The kit's id is the idempotency key, so one kit is reserved once, whatever is
 * retried; answers that come late, twice or for a ticket that is over change nothing that they should not.
 */
import type { Answer, Ask } from "../../contracts/effect.ts";
import type { KitId } from "../../contracts/ids.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { faultModeById } from "./fault-mode.ts";

export type KitOutcome = "none" | "held" | "asked" | "reserved" | "short" | "unreachable" | "released" | "extra-released";
export type KitStep = { readonly outcome: KitOutcome; readonly kit: Kit; readonly asks: readonly Ask[] };
type WmsAnswer = Extract<Answer, { type: "reserved" | "short" | "unreachable" }>;

/** The parts of the ticket's fault mode. Asks for them unless there is nothing to ask, nobody to ask, or a person to wait for. */
export function proposeKit(scenario: Scenario, ticket: Ticket): KitStep {
  const lines = faultModeById(scenario, ticket.faultMode)?.parts ?? [];
  const kit: Kit = { id: ticket.kit, ticket: ticket.id, lines, state: "proposed", attempts: 0 };
  if (lines.length === 0 || scenario.connectors.wms === undefined || scenario.kind === "sandbox")
    return { outcome: "none", kit: { ...kit, state: "none" }, asks: [] };
  if (scenario.autonomy.reserve !== "act") return { outcome: "held", kit: { ...kit, needsPerson: true }, asks: [] };
  return { outcome: "asked", kit, asks: [reserve(kit)] };
}

/** A person lets a held reservation run; null when nothing is held. */
export function confirmKit(kit: Kit): KitStep | null {
  if (kit.needsPerson === undefined) return null;
  const { needsPerson: _held, ...asked } = kit;
  return { outcome: "asked", kit: asked, asks: [reserve(asked)] };
}

/** What the WMS's answer makes of the kit; null when it tells nothing new. */
export function settleKit(kit: Kit, ticket: Ticket | undefined, answer: WmsAnswer): KitStep | null {
  if (answer.key !== kit.id) return null;
  const over = ticket === undefined || ticket.state === "cancelled";
  switch (answer.type) {
    case "reserved": {
      // Two reservations under one key: the WMS broke its promise. What we don't hold goes back.
      if (kit.state === "reserved")
        return kit.reservation === answer.reservation ? null : { outcome: "extra-released", kit, asks: [release(kit, answer.reservation)] };
      if (over)
        return kit.state === "none" && kit.reservation === answer.reservation
          ? null
          : released({ ...kit, reservation: answer.reservation }, answer.reservation);
      const { missing: _missing, ...found } = kit;
      return {
        outcome: "reserved",
        kit: { ...found, state: "reserved", reservation: answer.reservation, depot: answer.depot, reservedAt: answer.at },
        asks: [],
      };
    }
    case "short":
      return isAsked(kit) && !over ? { outcome: "short", kit: { ...kit, state: "short", missing: answer.missing }, asks: [] } : null;
    case "unreachable":
      // The ask goes on for days if it must: at every doubling it is told again, not at every try.
      return isAsked(kit) && answer.attempts >= Math.max(1, 2 * kit.attempts)
        ? { outcome: "unreachable", kit: { ...kit, state: "unreachable", attempts: answer.attempts }, asks: [] }
        : null;
  }
}

/** The ticket is over: what is reserved goes back, what is not asked yet never will be. An ask under way is released when it is answered. */
export function cancelKit(kit: Kit): KitStep | null {
  if (kit.state === "reserved" && kit.reservation !== undefined) return released(kit, kit.reservation);
  if (kit.needsPerson === undefined) return null;
  const { needsPerson: _held, ...dropped } = kit;
  return { outcome: "none", kit: { ...dropped, state: "none" }, asks: [] };
}

/** Keeps the number of the reservation that went back: a repeated answer about it is known. */
function released(kit: Kit, reservation: string): KitStep {
  return { outcome: "released", kit: { ...kit, state: "none" }, asks: [release(kit, reservation)] };
}

function isAsked(kit: Kit): boolean {
  return kit.needsPerson === undefined && (kit.state === "proposed" || kit.state === "unreachable");
}

function reserve(kit: Kit): Ask {
  return { type: "reserve", key: kit.id, kit: kit.id, ticket: kit.ticket, lines: kit.lines };
}

function release(kit: { readonly id: KitId; readonly ticket: Kit["ticket"] }, reservation: string): Ask {
  return { type: "release", key: `${kit.id}:release:${reservation}`, kit: kit.id, ticket: kit.ticket, reservation };
}
