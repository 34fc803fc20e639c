/** The CRM's page, rendered here: tickets with state, engineer, asset and kit, and the latest changes. Everything shown came over the feed; `html` escapes it. */
import { html } from "hono/html";
import { FONT_STYLE } from "./files.ts";
import type { Line as Feed } from "./follow.ts";
import { linesOf } from "./journal.ts";
import type { CrmStore, Held } from "./store.ts";
import { type Language, WORDS, type Word, wordOf } from "./words.ts";

type Markup = ReturnType<typeof html>;
type Words = Readonly<Record<Word, string>>;
type NameOf = (entity: string, id: string) => string;

/** Newest tickets shown. */
const TICKETS_SHOWN = 200;
/** Lines of the journal shown, and how many operations are looked through for them. */
const LINES_SHOWN = 60;
const OPERATIONS_READ = 600;
const TAG_CHARS = 8;
const VALUE_CHARS = 80;
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Parts marked `data-live` are replaced by the page's script when they changed. */
export function renderPage(store: CrmStore, feed: Feed, language: Language, now: number): Markup {
  const words = WORDS[language];
  const body = html`<dl class="figures" id="figures" data-live>${renderFigures(store, feed, words, now)}</dl>
    <section class="panel" id="tickets" data-live aria-label="${words.tickets}">${renderTickets(store, words, language)}</section>
    <section class="panel journal">
      <h2>${words.journal} <span>${words.journalWhy}</span></h2>
      <ol id="journal" data-live tabindex="0" aria-label="${words.journal}">
        ${renderJournal(store, words, language)}
      </ol>
    </section>`;
  const cursor = html`<span id="cursor" data-live>${words.zone} ${ZONE} · ${words.cursor} <code>${store.totals().cursor ?? "–"}</code></span>`;
  return frame(body, language, cursor);
}

/** What every page of the CRM has around it. */
export function frame(body: Markup, language: Language, foot: Markup): Markup {
  const words = WORDS[language];
  const other = language === "zh" ? "en" : "zh";
  return html`<!doctype html>
    <html lang="${tagOf(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${words.title}</title>
        <link rel="icon" href="/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="${FONT_STYLE}" />
        <link rel="stylesheet" href="/crm.css" />
      </head>
      <body>
        <header>
          <img src="/mark.svg" alt="" width="28" height="28" />
          <h1>${words.title}</h1>
          <p>${words.about}</p>
          <a class="language" href="?lang=${other}" lang="${tagOf(other)}">${other === "zh" ? "中文" : "English"}</a>
        </header>
        <main>${body}</main>
        <footer>${foot}</footer>
        <script src="/live.js" type="module"></script>
      </body>
    </html>`;
}

function renderFigures(store: CrmStore, feed: Feed, words: Words, now: number): Markup {
  const totals = store.totals();
  return html`${figure(words.feed, words[feed.state], feed.state)} ${figure(words.lag, lagOf(feed, totals.lastAppliedAt, totals.lastSeenAt, now, words.never))}
  ${figure(words.items, String(totals.items))} ${figure(words.repeated, String(totals.repeated))}
  ${figure(words.dead, String(totals.dead), totals.dead > 0 ? "down" : "")} ${figure(words.skipped, String(totals.skipped))}`;
}

function renderTickets(store: CrmStore, words: Words, language: Language): Markup {
  const held = store.entities("ticket").filter((ticket) => !ticket.deleted);
  const tickets = held.toSorted((a, b) => Number(b.attributes["openedAt"] ?? 0) - Number(a.attributes["openedAt"] ?? 0)).slice(0, TICKETS_SHOWN);
  const title = html`<h2>${words.tickets} <span>${held.length}</span></h2>`;
  if (tickets.length === 0)
    return html`${title}
      <p class="none">${words.none}</p>`;
  const nameOf = names(store);
  const kits = new Map(store.entities("kit").map((kit) => [kit.id, kit]));
  const cell = (label: Word, content: unknown): Markup => html`<td data-label="${words[label]}">${content}</td>`;
  const rows = tickets.map((ticket) => {
    const kit = kits.get(text(ticket, "kit"));
    const state = text(ticket, "state");
    const priority = text(ticket, "priority");
    return html`<tr>
      ${cell(
        "state",
        html`<b class="state ${state}">${wordOf(words, state)}</b
          ><small title="${ticket.id}"><a href="/tickets/${encodeURIComponent(ticket.id)}">${tagOfId(ticket.id)}</a></small>`,
      )}
      ${cell("asset", html`${nameOf("asset", text(ticket, "asset"))}<small>${text(ticket, "faultMode")}</small>`)}
      ${cell("engineer", nameOf("engineer", text(ticket, "to")) || "–")}
      ${cell("kit", kit === undefined ? "–" : html`<b class="state ${kitTone(kit)}">${kitState(kit, words)}</b><small>${kitLines(kit)}</small>`)}
      ${cell("priority", html`<span class="tag ${priority}">${priority.toUpperCase()}</span>${onHold(ticket, words)}`)}
      ${cell("opened", instant(ticket.attributes["openedAt"], language))} ${cell("respondBy", instant(ticket.attributes["respondBy"], language))}
      ${cell("unit", html`${ticket.origin.split("@")[0] ?? ""}<small>${words.version} ${ticket.version}</small>`)}
    </tr>`;
  });
  const heads = [words.state, words.asset, words.engineer, words.kit, words.priority, words.opened, words.respondBy, words.unit];
  return html`${title}
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function onHold(ticket: Held, words: Words): Markup | string {
  return ticket.attributes["hold"] === undefined ? "" : html`<small>${words.hold}</small>`;
}

function renderJournal(store: CrmStore, words: Words, language: Language): Markup {
  const lines = linesOf(store.recent(OPERATIONS_READ), LINES_SHOWN);
  const nameOf = names(store);
  const shown = (attr: string, value: unknown): string => {
    if (attr === "") return words.deleted;
    if (attr === "state") return wordOf(words, String(value));
    if (typeof value === "number" && /(At|By)$|^since$/.test(attr)) return clock(value, language);
    if (typeof value !== "string") return brief(value);
    return attr === "asset" ? nameOf("asset", value) : tagOfId(nameOf("engineer", value)).slice(0, VALUE_CHARS);
  };
  return html`${lines.map(
    (line) =>
      html`<li>
        <time>${clock(line.at, language)}</time>
        <span><b>${wordOf(words, line.entity)}</b> <i title="${line.id}">${tagOfId(nameOf(line.entity, line.id))}</i></span>
        <span class="what">
          ${line.written
            .filter(({ attr }) => attr !== "id")
            .map(
              ({ attr, value, lost }) =>
                html`<span class="${lost ? "lost" : ""}"><i>${attr}</i> ${shown(attr, value)}${lost ? ` (${words.lost})` : ""} </span>`,
            )}
        </span>
        <i>${lapse(line.lagMs)}</i>
      </li>`,
  )}`;
}

/** Of long identifiers the end, which tells them apart; of hashes too. */
function tagOfId(value: string): string {
  return /^[\da-f-]{32,}$/i.test(value) ? value.slice(-TAG_CHARS) : value;
}

/** Lists and objects are in the JSON of `/api/entities`; here, how many. */
function brief(value: unknown): string {
  if (value === undefined) return "–";
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(3)));
  return typeof value === "object" && value !== null ? "{…}" : String(value);
}

function names(store: CrmStore): NameOf {
  const held = new Map(["asset", "engineer", "customer"].map((entity) => [entity, new Map(store.entities(entity).map((one) => [one.id, one]))]));
  return (entity, id) => {
    const one = held.get(entity)?.get(id);
    return one === undefined ? id : text(one, "name") || id;
  };
}

function kitState(kit: Held, words: Words): string {
  const state = text(kit, "state");
  if (kit.attributes["needsPerson"] === true) return words.held;
  return state === "none" ? words["no-kit"] : wordOf(words, state);
}

function kitTone(kit: Held): string {
  const state = text(kit, "state");
  return state === "proposed" ? "asked" : state;
}

function kitLines(kit: Held): string {
  const lines = kit.attributes["lines"];
  const parts = Array.isArray(lines)
    ? lines.flatMap((line: unknown) =>
        typeof line === "object" && line !== null && "part" in line && "quantity" in line ? [`${String(line.quantity)} × ${String(line.part)}`] : [],
      )
    : [];
  return [text(kit, "reservation"), text(kit, "depot"), ...parts].filter((part) => part !== "").join(" · ");
}

function figure(name: string, value: unknown, tone = ""): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd class="${tone}">${value}</dd>
  </div>`;
}

/** Between the hub's taking the last operation and our seeing it; while the feed is away, since its last answer: the script counts on. */
function lagOf(feed: Feed, appliedAt: number | null, seenAt: number | null, now: number, never: string): unknown {
  if (feed.state === "down" && feed.answeredAt !== null)
    return html`<span data-since="${feed.answeredAt}">&gt; ${((now - feed.answeredAt) / 1_000).toFixed(0)} s</span>`;
  return appliedAt === null || seenAt === null ? never : lapse(Math.max(0, seenAt - appliedAt));
}

function lapse(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

function text(held: Held, attr: string): string {
  const value = held.attributes[attr];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function instant(value: unknown, language: Language): unknown {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  const day = new Date(value).toLocaleDateString(tagOf(language), { month: "short", day: "numeric" });
  return html`<time>${clock(value, language)}<small>${day}</small></time>`;
}

function clock(ms: number, language: Language): string {
  return new Date(ms).toLocaleTimeString(tagOf(language), { hourCycle: "h23" });
}

function tagOf(language: Language): string {
  return language === "zh" ? "zh-CN" : "en-GB";
}
