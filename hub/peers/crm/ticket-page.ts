/** One ticket, and what the CRM may change of it: its priority, a hold, an appointment. The rest is the unit's. */
import { html } from "hono/html";
import { z } from "zod";
import type { Json } from "../../../contracts/delta/json.ts";
import type { OwnWrite } from "./own-writes.ts";
import { frame, instant } from "./page.ts";
import type { Held } from "./store.ts";
import { type Language, WORDS, wordOf } from "./words.ts";

type Markup = ReturnType<typeof html>;

const Local = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/);
/** What a form of this page sends. An empty reason lifts the hold. */
const Form = z.discriminatedUnion("what", [
  z.object({ what: z.literal("priority"), priority: z.enum(["p1", "p2", "p3"]) }),
  z.object({ what: z.literal("hold"), reason: z.string().trim().max(200) }),
  z.object({ what: z.literal("appointment"), from: z.union([Local, z.literal("")]), to: z.union([Local, z.literal("")]) }),
]);

/** The attributes to write and why; null when the form makes no sense. */
export function readForm(given: Readonly<Record<string, unknown>>): { readonly changes: Readonly<Record<string, Json>>; readonly reason: string } | null {
  const parsed = Form.safeParse(given);
  if (!parsed.success) return null;
  const form = parsed.data;
  if (form.what === "priority") return { changes: { priority: form.priority }, reason: "priority changed in the CRM" };
  if (form.what === "hold")
    return form.reason === ""
      ? { changes: { hold: null }, reason: "hold lifted in the CRM" }
      : { changes: { hold: { reason: form.reason } }, reason: "the customer asked to wait" };
  if (form.from === "" && form.to === "") return { changes: { appointment: null }, reason: "appointment cancelled in the CRM" };
  const [from, to] = [Date.parse(form.from), Date.parse(form.to)];
  return from < to ? { changes: { appointment: { from, to } }, reason: "appointment made in the CRM" } : null;
}

export function renderTicket(ticket: Held, writes: readonly OwnWrite[], language: Language): Markup {
  const words = WORDS[language];
  const { attributes } = ticket;
  const hold = attributes["hold"] as { readonly reason?: string } | undefined;
  const appointment = attributes["appointment"] as { readonly from?: number; readonly to?: number } | undefined;
  const priorities = ["p1", "p2", "p3"].map(
    (one) => html`<option value="${one}" ${attributes["priority"] === one ? "selected" : ""}>${one.toUpperCase()}</option>`,
  );
  const body = html`<section class="panel">
      <h2>${words.ticket} <span>${ticket.id}</span></h2>
      <form method="post">
        <input type="hidden" name="what" value="priority" />
        <label
          >${words.priority}
          <select name="priority">
            ${priorities}
          </select></label
        >
        <button>${words.change}</button>
      </form>
      <form method="post">
        <input type="hidden" name="what" value="hold" />
        <label>${words.hold} <input name="reason" maxlength="200" value="${hold?.reason ?? ""}" placeholder="${words.holdWhy}" /></label>
        <button>${words.change}</button>
      </form>
      <form method="post">
        <input type="hidden" name="what" value="appointment" />
        <label>${words.appointment} <input type="datetime-local" name="from" value="${local(appointment?.from)}" /></label>
        <label>${words.until} <input type="datetime-local" name="to" value="${local(appointment?.to)}" /></label>
        <button>${words.change}</button>
      </form>
    </section>
    <section class="panel" id="held" data-live>
      <h2>${words.attributes} <span>${words.version} ${ticket.version}</span></h2>
      <dl class="values">
        ${Object.entries(attributes).map(
          ([attr, value]) =>
            html`<div>
              <dt>${attr}</dt>
              <dd>${attr === "state" ? wordOf(words, String(value)) : typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>`,
        )}
      </dl>
    </section>
    <section class="panel" id="writes" data-live>
      <h2>${words.writes}</h2>
      ${writes.length === 0 ? html`<p class="none">${words.noWrites}</p>` : renderWrites(writes, language)}
    </section>`;
  return frame(body, language, html`<a href="/">${words.tickets}</a>`);
}

export function renderWrites(writes: readonly OwnWrite[], language: Language): Markup {
  const words = WORDS[language];
  return html`<ol class="writes">
    ${writes.map(
      ({ at, id, changes, state, why }) =>
        html`<li>
          ${instant(at, language)} <span>${id}</span>
          <span
            >${Object.entries(changes)
              .map(([attr, value]) => `${attr} ${value === null ? "–" : JSON.stringify(value)}`)
              .join(", ")}</span
          >
          <b class="state ${state === "refused" ? "short" : state === "taken" ? "reserved" : "asked"}">${words[state]}</b>
          ${why === null ? "" : html`<small>${why}</small>`}
        </li>`,
    )}
  </ol>`;
}

/** As a `datetime-local` field shows it, in the zone of this machine. */
function local(at: number | undefined): string {
  if (at === undefined) return "";
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
