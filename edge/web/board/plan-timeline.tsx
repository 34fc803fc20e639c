/**
 * The plan as a timeline: a row for each engineer, the time of day across. Drawn by @event-calendar/core; what a job looks like is ours:
 *
 *   ░░ way ░░▌ job ▐        │ promised by        shift and absence as grounds
 */
import { createCalendar, destroyCalendar, ResourceTimeline, type Calendar } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import { useEffect, useMemo, useRef } from "react";
import type { Millis } from "../../../contracts/instant.ts";
import { dayOf as localDay, DAY_MS, dateOfDay, localOf } from "../../../contracts/zone.ts";
import { distanceOf, nearTimeOf, spanOf, timeOf } from "../figures.ts";
import { useWords, type Language } from "../language.ts";
import { planWords, type PlanWords } from "../words/plan.ts";
import { SHOWN_MIN_MS, type Job, type Row } from "./day.ts";
import { usePresence } from "./presence.ts";

const HOUR_MS = 3_600_000;
/** A promise is an instant: as wide as a line can be seen. */
const DUE_MS = 4 * 60_000;
/** Half an hour: where the day has more of them than fit, it is scrolled. */
const SLOT_PX_MIN = 34;
/** As in plan.css. */
const PERSON_PX = 240;

type Props = {
  readonly rows: readonly Row[];
  readonly at: Millis;
  readonly zone: string;
  readonly language: Language;
  readonly choose: (ticket: string) => void;
  readonly askAway: (engineer: string) => void;
};

export default function Timeline({ rows, at, zone, language, choose, askAway }: Props) {
  const words = useWords(planWords);
  const presence = usePresence(zone);
  const place = useRef<HTMLDivElement>(null);
  const calendar = useRef<Calendar | null>(null);
  const act = useRef({ choose, askAway });
  useEffect(() => {
    act.current = { choose, askAway };
  });
  const options = useMemo(
    (): Calendar.Options => ({
      date: dateOfDay(localDay(zone, at)),
      // The library knows no named zones: it is given the site's clock, and of the zone what moves its line of now.
      timeZone: offsetOf(at, zone),
      locale: language === "zh" ? "zh-CN" : "en-GB",
      ...hoursOf(at, zone),
      resources: rows.map((row) => ({ id: row.engineer, title: row.name, extendedProps: { presence: presence(row) } })),
      events: rows.flatMap((row) => eventsOf(row, { at, zone, language, words })),
      resourceLabelContent: ({ resource }) => ({ domNodes: labelOf(resource, words, () => act.current.askAway(resource.id)) }),
    }),
    [rows, at, zone, language, words, presence],
  );
  const latest = useRef(options);
  const drawnKey = useRef("");
  useEffect(() => {
    latest.current = options;
    const drawn = calendar.current;
    const key = keyOf(options);
    // Drawing anew takes the focus away: only when something is another.
    if (drawn === null || key === drawnKey.current) return;
    drawnKey.current = key;
    for (const key of Object.keys(options) as (keyof Calendar.Options)[]) drawn.setOption(key, options[key]);
  }, [options]);
  useEffect(() => {
    if (place.current === null) return;
    const made = createCalendar(place.current, [ResourceTimeline], {
      view: "resourceTimelineDay",
      headerToolbar: { start: "", center: "", end: "" },
      slotDuration: "00:30",
      slotLabelInterval: "01:00",
      slotWidth: Math.max(SLOT_PX_MIN, Math.floor((place.current.clientWidth - PERSON_PX - 6) / slotsOf(latest.current))),
      slotHeight: 38,
      nowIndicator: true,
      editable: false,
      pointer: false,
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
      dayHeaderFormat: { month: "short", day: "numeric", weekday: "short" },
      eventClick: ({ event }) => {
        const ticket = event.extendedProps["ticket"];
        if (typeof ticket === "string") act.current.choose(ticket);
      },
      eventDidMount: ({ el, event }) => {
        const { said, who } = event.extendedProps;
        if (typeof said !== "string") return;
        el.title = said;
        el.setAttribute("aria-label", `${String(who)}: ${said}`);
      },
      viewDidMount: () => undress(place.current),
      resourceLabelDidMount: () => undress(place.current),
      eventAllUpdated: () => undress(place.current),
      ...latest.current,
    });
    calendar.current = made;
    drawnKey.current = keyOf(latest.current);
    return () => {
      calendar.current = null;
      void destroyCalendar(made);
    };
  }, []);
  return <div ref={place} className="timeline" />;
}

/** The library calls its parts a table, whose rows and cells they are not; each job says by itself whose it is and when. */
function undress(place: Element | null): void {
  for (const part of place?.querySelectorAll("[role]:not([role=button])") ?? [])
    for (const name of part.getAttributeNames()) if (name === "role" || /^aria-(col|row)/.test(name)) part.removeAttribute(name);
}

/** From an hour before now on; the night after where little is left of the day. */
function hoursOf(at: Millis, zone: string): Pick<Calendar.Options, "slotMinTime" | "slotMaxTime"> {
  const ofDay = localOf(zone, at) - localDay(zone, at) * DAY_MS;
  const from = Math.max(0, Math.floor(ofDay / HOUR_MS) - 1);
  const until = Math.max(24, from + SHOWN_MIN_MS / HOUR_MS);
  return { slotMinTime: `${from}:00`, slotMaxTime: `${until}:00` };
}

/** What the clock on the wall shows, to the minute: 2026-03-29T08:30. */
function clockOf(at: Millis, zone: string): string {
  return new Date(localOf(zone, at)).toISOString().slice(0, 16);
}

function offsetOf(at: Millis, zone: string): string {
  const minutes = Math.round((localOf(zone, at) - at) / 60_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

function slotsOf({ slotMinTime, slotMaxTime }: Calendar.Options): number {
  return 2 * (Number.parseInt(String(slotMaxTime), 10) - Number.parseInt(String(slotMinTime), 10));
}

/** What is seen of it: the same key, the same picture. */
function keyOf({ date, locale, slotMinTime, timeZone, resources, events = [] }: Calendar.Options): string {
  const seen = events.map(({ start, end, resourceIds, classNames, extendedProps }) => [start, end, resourceIds, classNames, extendedProps]);
  return JSON.stringify([date, locale, slotMinTime, timeZone, resources, seen]);
}

type Said = { readonly at: Millis; readonly zone: string; readonly language: Language; readonly words: PlanWords };

function eventsOf(row: Row, said: Said): Calendar.EventInput[] {
  const { at, zone } = said;
  const ground = (from: Millis, until: Millis, className: string, title = ""): Calendar.EventInput => ({
    resourceIds: row.engineer,
    start: clockOf(from, zone),
    end: clockOf(until, zone),
    display: "background",
    classNames: className,
    title,
  });
  return [
    ...row.duty.map(({ from, until }) => ground(from, until, "duty")),
    ...row.away.map(({ from, until }) => ground(from, until, "away", said.words.legend.away)),
    ...row.breaks.map(({ startAt, endAt }) => ground(startAt, endAt, "pause", said.words.pause)),
    ...row.jobs
      .filter(({ respondBy }) => respondBy > at)
      .map(({ respondBy, lateMs }) => ground(respondBy, respondBy + DUE_MS, lateMs === undefined ? "due" : "due late")),
    ...row.jobs.map((job) => jobEvent(row, job, said)),
  ];
}

function jobEvent(row: Row, job: Job, said: Said): Calendar.EventInput {
  const from = job.startAt - job.travelMs;
  return {
    id: `${row.engineer} ${job.ticket}`,
    resourceIds: row.engineer,
    start: clockOf(from, said.zone),
    end: clockOf(Math.max(job.endAt, job.startAt + DUE_MS), said.zone),
    classNames: ["job", job.hold, job.ticketOf?.priority ?? "", job.lateMs === undefined ? "" : "late"].filter((name) => name !== ""),
    title: { domNodes: contentOf(job, from) },
    extendedProps: { ticket: job.ticket, who: row.name, said: sentenceOf(job, said) },
  };
}

function contentOf(job: Job, from: Millis): Node[] {
  const way = document.createElement("i");
  way.style.width = `${((job.startAt - from) / Math.max(1, job.endAt - from)) * 100}%`;
  const work = document.createElement("span");
  const priority = document.createElement("b");
  priority.textContent = job.ticketOf?.priority.toUpperCase() ?? "";
  work.append(priority, ` ${job.asset}`);
  return [way, work];
}

function sentenceOf(job: Job, { at: now, zone, language, words }: Said): string {
  const clock = (at: Millis) => nearTimeOf(at, now, zone, language);
  const appointment = job.ticketOf?.appointment;
  return [
    `${job.ticketOf?.priority.toUpperCase() ?? ""} ${job.asset} ${clock(job.startAt)}–${timeOf(job.endAt, zone).slice(0, 5)}`.trim(),
    words.hold[job.hold],
    ...(job.as === "helper" ? [words.helper] : []),
    ...(job.travelMs === 0 ? [] : [words.travel(spanOf(job.travelMs, language), distanceOf(job.distanceM))]),
    words.dueBy(clock(job.respondBy)),
    ...(job.lateMs === undefined ? [] : [words.lateBy(spanOf(job.lateMs, language))]),
    ...(job.toldAt === undefined ? [] : [words.told(clock(job.toldAt))]),
    ...(appointment === undefined ? [] : [words.appointment(clock(appointment.from), clock(appointment.to))]),
  ].join(" · ");
}

function labelOf({ title, extendedProps }: Calendar.Resource, words: PlanWords, askAway: () => void): Node[] {
  const name = document.createElement("strong");
  name.textContent = typeof title === "string" ? title : "";
  const state = document.createElement("span");
  state.className = "muted";
  state.textContent = String(extendedProps["presence"] ?? "");
  const away = document.createElement("button");
  away.type = "button";
  away.className = "chip";
  away.textContent = words.away.open;
  away.setAttribute("aria-label", words.away.openFor(name.textContent));
  away.addEventListener("click", askAway);
  const person = document.createElement("div");
  person.className = "plan-person";
  person.append(name, away, state);
  return [person];
}
