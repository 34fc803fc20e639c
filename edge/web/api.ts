/** Every question and every answer between a page and its unit, parsed once here. */
import "./zod-without-eval.ts";
import { z } from "zod";
import type { PageSide } from "../../contracts/permission.ts";
import { Board, Chain, Demo, DeviceMeter, Glances, Me, Phone, Quarantined, Trace } from "../../contracts/board.ts";
import type { Absence } from "../../contracts/engineer.ts";
import type { Route } from "../../contracts/mapping.ts";
import { ModelsView } from "../../contracts/models-view.ts";
import { Recurring, SimilarTickets } from "../../contracts/past.ts";
import { PlanView, WhyNot } from "../../contracts/plan.ts";
import { PartsCheck } from "../../contracts/preflight.ts";
import { TicketPromise } from "../../contracts/promise.ts";
import { Receipt } from "../../contracts/receipt.ts";
import { RosterView } from "../../contracts/roster-view.ts";
import { Scenario } from "../../contracts/scenario.ts";
import type { Finding, PauseReason } from "../../contracts/visit.ts";
import { ask, problemOf, send } from "./ask.ts";
import { hearClock } from "./clock.ts";

export type Progress = {
  readonly to: "travelling" | "working" | "resolved";
  readonly cause?: string;
  readonly causeCode?: string;
  readonly finding?: Finding;
  readonly followUp?: string;
  readonly action?: string;
  readonly partsUsed?: readonly { readonly part: string; readonly quantity: number }[];
};

/** The new unit and the link that signs its maker in there. */
const Sandbox = z.object({ unit: z.string(), path: z.string() });
export type Sandbox = z.infer<typeof Sandbox>;

/** What a command answers is seen on the board; only that it was taken counts here. */
const Taken = z.unknown();
/** The ticket that was opened, or that took a complaint up. */
const Opened = z.object({ ticket: z.object({ id: z.string() }).optional() });

export type Wish = {
  readonly asset: string;
  readonly words: string;
  readonly faultMode?: string;
  readonly priority?: string;
  readonly crew?: number;
};
export type Window = { readonly asset: string; readonly from: number; readonly to: number; readonly recurs: "none" | "weekly"; readonly why: string };

/** A picture is larger than any other question: a phone in a cellar is given longer. */
const PHOTO_MS = 60_000;

/** Two weeks of many engineers are searched in slices, beside the unit's other work. */
const ROSTER_MS = 60_000;

export type Api = ReturnType<typeof apiOf>;

/** `side`: whose session asks, where a browser holds a desk's and an engineer's. */
export function apiOf(unit: string, side: PageSide = "desk") {
  const at = (path: string, query: Readonly<Record<string, string>> = {}) => {
    const asked = new URLSearchParams({ ...query, ...(side === "desk" ? {} : { as: side }) });
    return `/api/u/${encodeURIComponent(unit)}/${path}${asked.size === 0 ? "" : `?${asked}`}`;
  };
  const id = encodeURIComponent;
  const post = (path: string, body: unknown = {}) => ask(at(path), Taken, body);
  return {
    me: () => ask(at("me"), Me),
    scenario: () => ask(at("scenario"), Scenario),
    board: () => ask(at("board"), Board).then(heard),
    glances: () => ask(at("devices"), Glances).then(heard),
    trace: (device: string, after: number) => ask(at(`devices/${id(device)}/trace`, { after: String(after) }), Trace),
    chain: (ticket: string) => ask(at(`tickets/${id(ticket)}/chain`), Chain),
    similar: (ticket: string) => ask(at(`tickets/${id(ticket)}/similar`), SimilarTickets),
    recurring: () => ask(at("recurring"), Recurring),
    whyNot: (ticket: string, engineer: string) => ask(at(`tickets/${id(ticket)}/why-not/${id(engineer)}`), WhyNot),
    promise: (ticket: string) => ask(at(`tickets/${id(ticket)}/promise`), TicketPromise),
    plan: () => ask(at("plan"), PlanView),
    move: (ticket: string, to: string) => post(`plan/moves/${id(ticket)}/confirm`, { to }),
    keep: (ticket: string, to: string, why: string) => post(`plan/moves/${id(ticket)}/decline`, { to, why }),
    absent: (engineer: string, absence: Absence) => post(`engineers/${id(engineer)}/absence`, absence),
    present: (engineer: string) => post(`engineers/${id(engineer)}/presence`),
    parts: (ticket: string, engineer: string) => ask(at(`tickets/${id(ticket)}/parts/${id(engineer)}`), PartsCheck),
    roster: (days: number) => ask(at("roster", { days: String(days) }), RosterView, undefined, "POST", ROSTER_MS),
    models: () => ask(at("models"), ModelsView),
    startShadow: (profile: string, hash: string) => post(`models/${profile}/shadow`, { hash }),
    ofModel: (profile: string, step: "canary" | "promote" | "roll-back" | "stop") => post(`models/${profile}/${step}`, {}),
    acceptShifts: (shifts: RosterView["proposals"]) => post("roster/shifts", { shifts: shifts.map(({ id: _id, ...shift }) => shift) }),
    dropShift: ({ id: _id, ...shift }: RosterView["accepted"][number]) => ask(at("roster/shifts"), Taken, shift, "DELETE"),
    late: (ticket: string, arriveAt: number) => post(`tickets/${id(ticket)}/late`, { arriveAt }),
    quarantine: () => ask(at("quarantine"), z.array(Quarantined)),
    meters: () => ask(at("meters"), z.array(DeviceMeter)),
    acceptMapping: (device: string, route: Route) => post("mappings", { device, route }),
    phone: () => ask(at("phone"), Phone).then(heard),
    /** Null where no demo runs. */
    demo: () => ask(at("demo"), Demo).catch(missing),
    acknowledge: (alarm: string) => post(`alarms/${id(alarm)}/acknowledge`),
    confirm: (ticket: string) => post(`tickets/${id(ticket)}/confirm`),
    cancel: (ticket: string, why: string) => post(`tickets/${id(ticket)}/cancel`, { why }),
    askKitAgain: (ticket: string) => post(`tickets/${id(ticket)}/kit/again`),
    sayOfAction: (ticket: string, key: string, type: "allow" | "again" | "drop") => post(`tickets/${id(ticket)}/actions`, { key, type }),
    // The same id again opens the same ticket: a button pressed twice does no harm.
    openTicket: (wish: Wish) => ask(at("tickets"), Opened, { id: crypto.randomUUID(), ...wish }).then(({ ticket }) => ticket?.id),
    complain: (said: Pick<Wish, "asset" | "words" | "priority">) =>
      ask(at("complaints"), Opened, { id: crypto.randomUUID(), ...said }).then(({ ticket }) => ticket?.id),
    pause: (ticket: string, reason: PauseReason, note: string) => post(`tickets/${id(ticket)}/pause`, { reason, ...(note === "" ? {} : { note }) }),
    resume: (ticket: string) => post(`tickets/${id(ticket)}/resume`),
    giveBack: (ticket: string, why: string) => post(`tickets/${id(ticket)}/return`, { why }),
    close: (ticket: string) => post(`tickets/${id(ticket)}/close`),
    crew: (ticket: string, crew: number) => post(`tickets/${id(ticket)}/crew`, { crew }),
    sendAway: (ticket: string, engineer: string) => post(`tickets/${id(ticket)}/leave`, { engineer }),
    /** Null: a job of its own again. */
    partOf: (ticket: string, parent: string | null) => post(`tickets/${id(ticket)}/parent`, { parent }),
    reopen: (ticket: string, why: string) => post(`tickets/${id(ticket)}/reopen`, { why }),
    leave: (ticket: string) => post(`tickets/${id(ticket)}/leave`),
    tick: (ticket: string, step: string, done: boolean) => post(`tickets/${id(ticket)}/checklist`, { step, done }),
    photograph: (ticket: string, picture: Blob, takenAt: number) => send(at(`tickets/${id(ticket)}/photos`, { at: String(takenAt) }), picture, PHOTO_MS),
    photoPath: (ticket: string, photo: string) => at(`tickets/${id(ticket)}/photos/${id(photo)}`),
    shelve: (alarm: string, until: number, why: string) => post(`alarms/${id(alarm)}/shelve`, { until, why }),
    unshelve: (alarm: string) => post(`alarms/${id(alarm)}/unshelve`),
    suppress: (window: Window) => post("suppressions", { id: crypto.randomUUID(), ...window }),
    endWindow: (window: string) => post(`suppressions/${id(window)}/end`),
    accept: (offer: string) => post(`offers/${id(offer)}/accept`),
    decline: (offer: string, reason: string) => post(`offers/${id(offer)}/decline`, { reason }),
    progress: (ticket: string, progress: Progress) => post(`tickets/${id(ticket)}/progress`, progress),
    /** `at`: when it was so, by the unit's clock. */
    position: (place: { readonly lat: number; readonly lon: number }, at: number) => post("position", { place, at }),
    sandbox: () => ask(at("sandboxes"), Sandbox, {}),
    receipts: () => ask(at("receipts"), z.array(Receipt)),
    drill: (ms: number) => post("drill", { ms }),
    plugHub: (plugged: boolean) => post("demo/hub", { plugged }),
    injectFault: (device: string, mode: string) => post("demo/fault", { device, mode }),
  };
}

function heard<T extends { readonly now: number }>(answer: T): T {
  hearClock(answer.now);
  return answer;
}

/** Whatever kind of no it is, there is no demo here; only being offline is worth asking again. */
function missing(error: unknown): null {
  if (problemOf(error).code === "offline") throw error;
  return null;
}
