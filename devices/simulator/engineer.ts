/** What one engineer does next, given what the phone shows. Pure: `(mind, phone, now) → act`. */
import type { Phone } from "../../contracts/board.ts";
import type { Place } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { between, type Random } from "./random.ts";
import { REPAIRS } from "./repair.ts";
import { distanceM, toward } from "./route.ts";

/** Each is drawn anew from between its two ends. */
export type Delays = {
  readonly lookMs: number;
  readonly thinkMs: readonly [number, number];
  readonly packMs: readonly [number, number];
  readonly workMs: readonly [number, number];
  /** Metres a second on the road, in compressed time. */
  readonly driveMps: number;
  readonly positionEveryMs: number;
  /** Share of offers that are declined. */
  readonly declines: number;
};

/** People at the speed of a demo: an offer is answered in seconds, a city crossed in half a minute. */
export const DELAYS: Delays = {
  lookMs: 1_000,
  thinkMs: [2_000, 6_000],
  packMs: [3_000, 6_000],
  workMs: [15_000, 30_000],
  driveMps: 250,
  positionEveryMs: 2_000,
  declines: 0.1,
};

/** Near enough to be there. */
const THERE_M = 50;
const DECLINE_REASONS = ["手头工作未完成 · still on another job", "车辆送修 · van in the workshop"] as const;

export type Act =
  | { readonly type: "accept"; readonly offer: string }
  | { readonly type: "decline"; readonly offer: string; readonly reason: string }
  | {
      readonly type: "progress";
      readonly ticket: string;
      readonly asset: string;
      readonly to: "travelling" | "working" | "resolved";
      readonly report: {
        readonly cause?: string;
        readonly causeCode?: string;
        readonly finding?: "confirmed-fault";
        readonly action?: string;
        readonly partsUsed?: readonly { readonly part: string; readonly quantity: number }[];
      };
    }
  | { readonly type: "tick"; readonly ticket: string; readonly step: string }
  | { readonly type: "photograph"; readonly ticket: string }
  | { readonly type: "position"; readonly place: Place };

/** What an engineer has in mind and the phone does not show: where they are, and until when they do what they do. */
export type Mind = {
  readonly place: Place | null;
  readonly saidPlaceAt: number;
  readonly drivenAt: number;
  readonly doing: { readonly what: string; readonly untilAt: number } | null;
};

export function startMind(): Mind {
  return { place: null, saidPlaceAt: 0, drivenAt: 0, doing: null };
}

export function nextAct(before: Mind, phone: Phone, now: number, delays: Delays, random: Random): { readonly mind: Mind; readonly act: Act | null } {
  const mind = { ...before, place: before.place ?? phone.engineer.home };
  const offer = phone.offers.find((each) => each.state === "open" && each.expiresAt > now);
  if (offer !== undefined) {
    return after(mind, `offer ${offer.id}`, delays.thinkMs, now, random, () =>
      random() < delays.declines ? { type: "decline", offer: offer.id, reason: DECLINE_REASONS[random() < 0.5 ? 0 : 1] } : { type: "accept", offer: offer.id },
    );
  }
  const isThere = (each: Ticket) => each.helpers?.some(({ engineer, arrivedAt }) => engineer === phone.engineer.id && arrivedAt !== undefined) === true;
  const mine = phone.tickets.filter((each) => !isThere(each));
  const ticket = ["working", "travelling", "assigned", "paused"].map((state) => mine.find((each) => each.state === state)).find((each) => each !== undefined);
  if (ticket !== undefined) return onJob(mind, ticket, phone, now, delays, random);
  return now - mind.saidPlaceAt >= delays.positionEveryMs * 10 ? tellPlace(mind, mind.place, now) : { mind: { ...mind, doing: null }, act: null };
}

function onJob(
  mind: Mind & { readonly place: Place },
  ticket: Ticket,
  phone: Phone,
  now: number,
  delays: Delays,
  random: Random,
): { readonly mind: Mind; readonly act: Act | null } {
  const progress = (to: "travelling" | "working" | "resolved"): Act => ({
    type: "progress",
    ticket: ticket.id,
    asset: ticket.asset,
    to,
    report: to === "resolved" ? reportOf(ticket, phone) : {},
  });
  const chores = tickOf(ticket, "resolved") ?? pictureOf(ticket);
  // Whoever comes along sets out at once, and says no more than that they are there.
  const along = "to" in ticket && ticket.to !== phone.engineer.id;
  switch (along ? "travelling" : ticket.state) {
    case "assigned":
      return after({ ...mind, drivenAt: 0 }, `pack ${ticket.id}`, delays.packMs, now, random, () => progress("travelling"));
    case "travelling": {
      const to = phone.assets.find((asset) => asset.id === ticket.asset)?.position ?? mind.place;
      const left = distanceM(mind.place, to);
      if (left < THERE_M) return { mind: { ...mind, doing: null }, act: (along ? null : tickOf(ticket, "working")) ?? progress("working") };
      const drove = mind.drivenAt === 0 ? 0 : ((now - mind.drivenAt) / 1_000) * delays.driveMps;
      const place = toward(mind.place, to, drove / left);
      const moved = { ...mind, place, drivenAt: now };
      return now - mind.saidPlaceAt >= delays.positionEveryMs ? tellPlace(moved, place, now) : { mind: moved, act: null };
    }
    case "working":
      return chores !== null ? { mind, act: chores } : after(mind, `work ${ticket.id}`, delays.workMs, now, random, () => progress("resolved"));
    case "paused":
      // What it waited for is not simulated: it goes on.
      return after(mind, `wait ${ticket.id}`, delays.workMs, now, random, () =>
        progress("arrivedAt" in ticket && ticket.arrivedAt !== undefined ? "working" : "travelling"),
      );
    default:
      return { mind, act: null };
  }
}

/** The next step that is to be ticked first; null where all are. */
function tickOf({ id, checklist = [] }: Ticket, before: "working" | "resolved"): Act | null {
  const open = checklist.find((step) => step.before === before && step.doneAt === undefined);
  return open === undefined ? null : { type: "tick", ticket: id, step: open.id };
}

function pictureOf({ id, photos = [], photosMin = 0 }: Ticket): Act | null {
  return photos.length < photosMin ? { type: "photograph", ticket: id } : null;
}

/** The first time something is seen, a moment for it is chosen; when that has come, it is done. */
function after(
  mind: Mind,
  what: string,
  span: readonly [number, number],
  now: number,
  random: Random,
  act: () => Act,
): { readonly mind: Mind; readonly act: Act | null } {
  if (mind.doing?.what !== what) return { mind: { ...mind, doing: { what, untilAt: now + between(random, span[0], span[1]) } }, act: null };
  return now < mind.doing.untilAt ? { mind, act: null } : { mind: { ...mind, doing: null }, act: act() };
}

function tellPlace(mind: Mind, place: Place, now: number): { readonly mind: Mind; readonly act: Act } {
  return { mind: { ...mind, saidPlaceAt: now }, act: { type: "position", place } };
}

function reportOf(
  ticket: Ticket,
  phone: Phone,
): {
  readonly cause: string;
  readonly causeCode: string;
  readonly finding: "confirmed-fault";
  readonly action: string;
  readonly partsUsed: readonly { readonly part: string; readonly quantity: number }[];
} {
  const known = REPAIRS.find((repair) => repair.faultMode === ticket.faultMode);
  const kit = phone.kits.find((each) => each.id === ticket.kit);
  return {
    cause: known?.cause ?? "原因不明 · cause not found",
    causeCode: known === undefined ? "not-found" : "wear",
    finding: "confirmed-fault",
    action: known?.action ?? "检查并试运行 · checked and test run",
    partsUsed: kit?.lines ?? [],
  };
}
