/** The CRM's page, rendered here: tickets with state, engineer, asset and kit. Everything shown came over the feed; `html` escapes it. */
import { html, raw } from "hono/html";
import type { Line } from "./follow.ts";
import type { CrmStore, Held } from "./store.ts";
import { type Language, WORDS, type Word } from "./words.ts";

/** Newest tickets shown. */
const TICKETS_SHOWN = 200;
const TAG_CHARS = 8;

export function renderPage(store: CrmStore, line: Line, language: Language, now: number): ReturnType<typeof html> {
  const words = WORDS[language];
  const totals = store.totals();
  return html`<!doctype html>
    <html lang="${language === "zh" ? "zh-CN" : "en"}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${words.title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${words.title}</h1>
          <p>${words.about}</p>
        </header>
        <main id="live">
          <dl>
            ${figure(words.feed, words[line.state], line.state)} ${figure(words.lag, lagOf(line, totals.lastAppliedAt, totals.lastSeenAt, now, words.never))}
            ${figure(words.items, String(totals.items))} ${figure(words.repeated, String(totals.repeated))}
            ${figure(words.dead, String(totals.dead), totals.dead > 0 ? "down" : "")} ${figure(words.skipped, String(totals.skipped))}
          </dl>
          ${renderTickets(store, words, language)}
          <p class="cursor">${words.cursor} <code>${totals.cursor ?? "–"}</code></p>
        </main>
        <script src="/live.js"></script>
      </body>
    </html>`;
}

/** Asks for the page again and lays its live part over the old one: no framework, and no reload. */
export const SCRIPT = `setInterval(async()=>{try{const t=await(await fetch(location.href,{headers:{accept:"text/html"}})).text();const n=new DOMParser().parseFromString(t,"text/html").getElementById("live");const o=document.getElementById("live");if(n&&o&&n.innerHTML!==o.innerHTML)o.replaceWith(n)}catch{}},1000)`;

function renderTickets(store: CrmStore, words: Readonly<Record<Word, string>>, language: Language): ReturnType<typeof html> {
  const tickets = store
    .entities("ticket")
    .filter((ticket) => !ticket.deleted)
    .toSorted((a, b) => (text(a, "openedAt") < text(b, "openedAt") ? 1 : -1))
    .slice(0, TICKETS_SHOWN);
  if (tickets.length === 0) return html`<p class="none">${words.none}</p>`;
  const nameOf = names(store);
  const kits = new Map(store.entities("kit").map((kit) => [kit.id, kit]));
  const rows = tickets.map((ticket) => {
    const kit = kits.get(text(ticket, "kit"));
    return html`<tr>
      <td><code title="${ticket.id}">${ticket.id.slice(-TAG_CHARS)}</code><small>${words.version} ${ticket.version}</small></td>
      <td><b class="state ${text(ticket, "state")}">${word(words, text(ticket, "state"))}</b></td>
      <td>${text(ticket, "priority").toUpperCase()}</td>
      <td>${nameOf("asset", text(ticket, "asset"))}<small>${text(ticket, "faultMode")}</small></td>
      <td>${nameOf("engineer", text(ticket, "to"))}</td>
      <td>${kit === undefined ? "" : kitState(kit, words)}<small>${kit === undefined ? "" : kitLines(kit)}</small></td>
      <td>${instant(ticket.attributes["openedAt"], language)}</td>
      <td>${instant(ticket.attributes["respondBy"], language)}</td>
      <td>${ticket.origin.split("@")[0] ?? ""}</td>
    </tr>`;
  });
  const heads = [words.ticket, words.state, words.priority, words.asset, words.engineer, words.kit, words.opened, words.respondBy, words.unit];
  return html`<table>
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

function names(store: CrmStore): (entity: "asset" | "engineer", id: string) => string {
  const held = {
    asset: new Map(store.entities("asset").map((one) => [one.id, one])),
    engineer: new Map(store.entities("engineer").map((one) => [one.id, one])),
  };
  return (entity, id) => {
    const one = held[entity].get(id);
    return one === undefined ? id : text(one, "name") || id;
  };
}

function kitState(kit: Held, words: Readonly<Record<Word, string>>): string {
  const state = text(kit, "state");
  return state === "none" ? words["no-kit"] : word(words, state);
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

function figure(name: string, value: string, tone = ""): ReturnType<typeof html> {
  return html`<div>
    <dt>${name}</dt>
    <dd class="${tone}">${value}</dd>
  </div>`;
}

/** Between the hub's taking the last operation and our seeing it; while the feed is away, since its last answer. */
function lagOf(line: Line, appliedAt: number | null, seenAt: number | null, now: number, never: string): string {
  if (line.state === "down" && line.answeredAt !== null) return `> ${((now - line.answeredAt) / 1000).toFixed(0)} s`;
  return appliedAt === null || seenAt === null ? never : `${Math.max(0, seenAt - appliedAt)} ms`;
}

function word(words: Readonly<Record<Word, string>>, name: string): string {
  return Object.entries(words).find(([key]) => key === name)?.[1] ?? name;
}

function text(held: Held, attr: string): string {
  const value = held.attributes[attr];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function instant(value: unknown, language: Language): string {
  return typeof value === "number" && Number.isFinite(value)
    ? new Date(value).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "medium" })
    : "";
}

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#e3e6ea,#2c3238);--dim:light-dark(#5b6570,#98a3ae);--panel:light-dark(#fff,#171b20)}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;background:light-dark(#f4f6f8,#0f1215);color:light-dark(#16202a,#e7ecf1)}
header,main{max-width:1200px;margin:0 auto;padding:20px 24px}header{padding-bottom:0}h1{margin:0;font-size:22px;letter-spacing:-.01em}header p{margin:4px 0 0;color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 20px}dl div{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:10px 14px}dt{color:var(--dim);font-size:13px}dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}dd.up{color:light-dark(#0a7d4f,#4ad394)}dd.down{color:light-dark(#b42318,#ff8a7a)}
table{width:100%;border-collapse:collapse;background:var(--panel);border:1px solid var(--line);border-radius:10px;overflow:hidden;display:block;overflow-x:auto}thead,tbody{display:table;width:100%;min-width:960px;table-layout:fixed}th,td{text-align:left;vertical-align:top;padding:10px 14px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{font-weight:600;font-size:13px;color:var(--dim)}tr:last-child td{border-bottom:0}th:nth-child(6),td:nth-child(6){width:22%}small{display:block;color:var(--dim)}
.state{font-weight:600;padding:2px 10px;border-radius:99px;background:light-dark(#e8ecf0,#262d34);white-space:nowrap}.offered{background:light-dark(#fff1d6,#4a3812)}.assigned,.travelling,.working{background:light-dark(#dcebff,#17365d)}.resolved{background:light-dark(#d9f5e5,#123f2a)}
.none{background:var(--panel);border:1px dashed var(--line);border-radius:10px;padding:32px;text-align:center;color:var(--dim)}.cursor{color:var(--dim);overflow-wrap:anywhere}`;
