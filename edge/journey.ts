/**
 * The stages in the order in which a sample passes them, once:
 *
 *   onTelemetry  bytes → readings → place in the window → queue    (Intake)
 *   nextAsk      queue → one row per device → model                (asked: awaited by the shell)
 *   onScores     scores → judge → transitions                      (Intake)
 *   onVerdicts   transition → alarm → ticket → kit → dispatch      (Unit)
 *   onAnswer     engineers, the desk, the WMS: what follows        (Unit)
 *   onDue        offers that nobody answered, jobs to try again    (Unit)
 *
 * Deterministic given the log: per device, the same messages with the same arrivals give the same transitions, however they are cut
 * into calls, batched into asks, or interrupted by a checkpoint. Between devices the order of transitions is not promised.
 */
import type { Counters, DeviceGlance, Quarantined, TailLine, Trace as TraceView } from "../contracts/board.ts";
import type { Baseline, Device } from "../contracts/device.ts";
import { UNIT, type Answer, type Cause, type Decided, type Draft, type Due } from "../contracts/effect.ts";
import type { Alarm } from "../contracts/alarm.ts";
import type { UnitView } from "../contracts/entity.ts";
import type { ModelHash, NewId, TicketId } from "../contracts/ids.ts";
import type { Millis, Place } from "../contracts/instant.ts";
import { SLICES, sliceOf } from "../contracts/object-name.ts";
import { isRefusal, type Refusal, refuse } from "../contracts/refusal.ts";
import type { IntakePlan } from "../contracts/rpc.ts";
import type { DeviceProfile } from "../contracts/scenario.ts";
import type { Verdict } from "../contracts/verdict.ts";
import { type Reading, readTelemetry } from "./ingest/sample.ts";
import { startDraft } from "./decision/draft.ts";
import { forgetPositionStep, positionStep } from "./dispatch/position.ts";
import { acceptStep, confirmOfferStep, declineStep, dispatchAgainStep, dispatchStep, expireStep, freedStep } from "./dispatch/steps.ts";
import { explain, hear, kindOf, openTail, quarantine, type Quarantine, type Tail } from "./ingest/sample-tail.ts";
import { absorbed, openWindow, place, type Window } from "./ingest/window.ts";
import { loadSpot, loadTrace, loadWindow, type SavedTrace, type SavedWindow, saveSpot, saveTrace, saveWindow } from "./ingest/window-saved.ts";
import { addPoint, columnsOf, openTrace, readMinute, settle, type Spot, type Trace, writeMinute } from "./ingest/window-trace.ts";
import { acknowledgeStep, progressStep } from "./ticket/progress.ts";
import { alarmStep, cancelStep, clearedStep, confirmKitStep, kitStep, reservationStep, ticketStep } from "./ticket/steps.ts";
import { advance } from "./ticket/ticket.ts";
import { askOf, type Row } from "./verdict/ask.ts";
import { evidenceOf } from "./verdict/evidence.ts";
import { judgeCode, judgeScore, type Judgement } from "./verdict/judge.ts";
import { pack, unpack } from "./verdict/pack.ts";
import { SCORE_BATCH_MAX, type ScoreAsk, type Scores } from "./verdict/scorer.ts";
import { calibrate, calibrationRow, learnRow, openWatch, rewatch, type Watch } from "./verdict/watch.ts";
import { loadWatch, type SavedWatch, saveWatch } from "./verdict/watch-saved.ts";

/** Fault codes of a device remembered so that a repeated message is not a second event. */
const EVENTS_REMEMBERED_MAX = 64;
/** Where the counters and the quarantine are saved, beside the slices of devices. */
export const REST_SLICE = SLICES;
/** A checkpoint of another layout is not read: the log is folded anew. */
const SAVED_FORMAT = 1;

export type { UnitView } from "../contracts/entity.ts";

/** One message of the log, in the order in which it was logged. */
export type Logged = { readonly device: string; readonly payload: Uint8Array; readonly arrivedAt: number };
/** A slice as bytes for one row (under 2 MB for 80 devices of 8 channels in the midst of commissioning). */
export type SavedTracks = { readonly slice: number; readonly bytes: Uint8Array<ArrayBuffer> };
export type TraceRow = { readonly device: string; readonly fromAt: number; readonly toAt: number; readonly bytes: Uint8Array<ArrayBuffer> };
export type Found = { readonly verdicts: readonly Verdict[]; readonly learnt: readonly { readonly device: string; readonly baseline: Baseline }[] };

type SampleItem = {
  readonly type: "sample";
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  readonly values: Float32Array;
  readonly absorbed: number;
  readonly spot: Spot;
};
type EventItem = {
  readonly type: "event";
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  readonly code: string;
  readonly absorbed: number;
};
type Item = SampleItem | EventItem;

type Track = {
  device: Device;
  profile: DeviceProfile;
  readonly window: Window;
  readonly trace: Trace;
  readonly watch: Watch;
  queue: Item[];
  /** Event time of the row that is being scored; null while none is. */
  asked: number | null;
  lastAt: number;
  lastArrivedAt: number;
  position: Place | null;
  positionAt: number;
  events: string[];
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Accumulators of one Intake object. The caller owns them and passes them back; nothing else holds on to them. */
export type Tracks = {
  plan: IntakePlan;
  readonly hashOf: (profile: string) => ModelHash;
  readonly byDevice: Map<string, Track>;
  /** Devices with something in their queue that is not being scored, in order of their first item. */
  readonly ready: Set<string>;
  readonly dirty: Set<number>;
  readonly counters: Mutable<Counters>;
  readonly tail: Tail;
  readonly quarantine: Quarantine;
  found: { verdicts: Verdict[]; learnt: { device: string; baseline: Baseline }[] };
};

/** Begins from a checkpoint, or from nothing. `hashOf` names the model that a profile runs. */
export function startTracks(plan: IntakePlan, hashOf: (profile: string) => ModelHash, saved: readonly SavedTracks[]): Tracks {
  const tracks: Tracks = {
    plan,
    hashOf,
    byDevice: new Map(),
    ready: new Set(),
    dirty: new Set(),
    tail: openTail(),
    quarantine: new Map(),
    counters: { messages: 0, samples: 0, duplicates: 0, reordered: 0, late: 0, refused: 0, scored: 0 },
    found: { verdicts: [], learnt: [] },
  };
  const savedByDevice = new Map<string, SavedTrack>();
  for (const one of saved) {
    const read = unpack(one.bytes) as SavedSlice | SavedRest;
    if (read.format !== SAVED_FORMAT) continue;
    if (read.type === "rest") {
      Object.assign(tracks.counters, read.counters);
      for (const one of read.quarantine) tracks.quarantine.set(kindOf(one), one);
      tracks.found = { verdicts: [...read.found.verdicts], learnt: [...read.found.learnt] };
    } else for (const track of read.tracks) savedByDevice.set(track.id, track);
  }
  for (const device of plan.devices) track(tracks, device, savedByDevice.get(device.id));
  return tracks;
}

/** Devices or the scenario changed. A device that left takes its queue with it. */
export function replan(tracks: Tracks, plan: IntakePlan): void {
  tracks.plan = plan;
  const known = new Set(plan.devices.map((device) => device.id as string));
  for (const [id] of tracks.byDevice) {
    if (known.has(id)) continue;
    tracks.byDevice.delete(id);
    tracks.ready.delete(id);
    tracks.dirty.add(sliceOf(id));
  }
  for (const device of plan.devices) {
    const old = tracks.byDevice.get(device.id);
    const profile = profileOf(plan, device);
    if (old === undefined || profile === undefined || channelsOf(old.profile) !== channelsOf(profile)) {
      tracks.byDevice.delete(device.id);
      tracks.ready.delete(device.id);
      track(tracks, device, undefined);
      continue;
    }
    old.device = device;
    old.profile = profile;
    rewatch(old.watch, tracks.hashOf(profile.id), device.baseline);
  }
}

function track(tracks: Tracks, device: Device, saved: SavedTrack | undefined): void {
  const profile = profileOf(tracks.plan, device);
  if (profile === undefined) return;
  const channels = profile.channels.length;
  const watch = openWatch(channels, tracks.hashOf(profile.id), tracks.plan.scenario.commissioningRows, device.baseline);
  const fits = saved !== undefined && saved.channels === channelsOf(profile);
  const made: Track = fits
    ? loadTrack(saved, device, profile, watch)
    : {
        device,
        profile,
        window: openWindow(),
        trace: openTrace(channels),
        watch,
        queue: [],
        asked: null,
        lastAt: -1,
        lastArrivedAt: -1,
        position: device.position ?? null,
        positionAt: -1,
        events: [],
      };
  tracks.byDevice.set(device.id, made);
  tracks.dirty.add(sliceOf(device.id));
  if (made.queue.length > 0) tracks.ready.add(device.id);
}

/** Folds logged messages in. Nothing is dropped for want of room: fold at most one log blob, then score until `nextAsk` is null. */
export function onTelemetry(tracks: Tracks, messages: readonly Logged[]): void {
  for (const message of messages) {
    tracks.counters.messages++;
    hear(tracks.tail, message.device, message.payload, message.arrivedAt);
    const track = tracks.byDevice.get(message.device);
    if (track === undefined) {
      refuseMessage(
        tracks,
        message,
        refuse("unknown-device", "a device that the unit knows", `add it: outpost device add ${message.device} --unit ${tracks.plan.unit}`),
      );
      continue;
    }
    const read = readTelemetry(message.payload, track.profile, tracks.plan.scenario.judge, message.arrivedAt);
    for (const refusal of read.refused) quarantine(tracks.quarantine, message.device, refusal, message.payload, message.arrivedAt);
    tracks.counters.refused += read.refusedCount;
    for (const reading of read.readings) onReading(tracks, track, reading);
    tracks.dirty.add(sliceOf(message.device));
    if (track.queue.length > 0 && track.asked === null) tracks.ready.add(message.device);
  }
}

/** Counts and shows a message that was refused before its bytes were read. */
export function refuseMessage(tracks: Tracks, message: Logged, refusal: Refusal): void {
  tracks.counters.refused++;
  quarantine(tracks.quarantine, message.device, refusal, message.payload, message.arrivedAt);
}

function onReading(tracks: Tracks, track: Track, reading: Reading): void {
  const { ts, arrivedAt, fresh } = reading;
  const { counters } = tracks;
  counters.samples++;
  if (!fresh) counters.late++;
  track.lastArrivedAt = Math.max(track.lastArrivedAt, arrivedAt);
  if (reading.position !== null && ts >= track.positionAt) {
    track.position = reading.position;
    track.positionAt = ts;
  }
  const placed = reading.usable === 0 ? "next" : place(track.window, ts);
  if (placed === "duplicate") counters.duplicates++;
  if (placed === "reordered") {
    counters.reordered++;
    settle(track.trace, addPoint(track.trace, ts, reading.values), null);
  }
  for (const event of reading.events) {
    const key = `${event.code}@${event.at}`;
    if (track.events.includes(key)) {
      counters.duplicates++;
      track.window.duplicates++;
      continue;
    }
    track.events = [...track.events.slice(1 - EVENTS_REMEMBERED_MAX), key];
    track.queue.push({
      type: "event",
      ts: event.at,
      arrivedAt,
      fresh: event.at >= arrivedAt - tracks.plan.scenario.judge.latenessMs,
      code: event.code,
      absorbed: absorbed(track.window),
    });
  }
  if (placed !== "next" || reading.usable === 0) return;
  track.lastAt = ts;
  track.queue.push({
    type: "sample",
    ts,
    arrivedAt,
    fresh,
    values: reading.values,
    absorbed: absorbed(track.window),
    spot: addPoint(track.trace, ts, reading.values),
  });
}

/**
 * The next rows for a model: at most one sample per device, at most SCORE_BATCH_MAX rows, all of one profile. Null when nothing waits.
 * Several asks may be out at once. An ask without rows carries no work: give it to `onScores` with `NO_SCORES` to fetch what was found.
 */
export function nextAsk(tracks: Tracks): ScoreAsk | null {
  const rows: Row[] = [];
  let first: Track | null = null;
  for (const id of tracks.ready) {
    const track = tracks.byDevice.get(id);
    if (track === undefined) continue;
    if (first !== null && (track.profile.id !== first.profile.id || track.watch.model !== first.watch.model)) continue;
    const row = nextRow(tracks, track);
    tracks.ready.delete(id);
    if (row === null) continue;
    first ??= track;
    track.asked = row.ts;
    rows.push(row);
    if (rows.length === SCORE_BATCH_MAX) break;
  }
  if (first === null) {
    const [profile] = tracks.plan.scenario.profiles;
    const nothing = tracks.found.verdicts.length + tracks.found.learnt.length === 0;
    return nothing || profile === undefined ? null : askOf([], profile, tracks.hashOf(profile.id));
  }
  return askOf(rows, first.profile, first.watch.model);
}

/** What of this device a model must see next; events and commissioning rows before it are dealt with on the way. */
function nextRow(tracks: Tracks, track: Track): Row | null {
  const { watch } = track;
  const device = track.device.id;
  for (;;) {
    const { learning } = watch;
    if (learning !== null && learning.normal !== null) return { device, watch, ts: -1 - learning.calibrated, values: calibrationRow(learning, watch.channels) };
    const item = track.queue[0];
    if (item === undefined) return null;
    if (item.type === "sample" && learning === null) return { device, watch, ts: item.ts, values: item.values };
    track.queue.shift();
    tracks.dirty.add(sliceOf(device));
    if (item.type === "event") onEvent(tracks, track, item);
    else if (learning !== null) {
      learnRow(learning, item.values, item.arrivedAt);
      settle(track.trace, item.spot, null);
    }
  }
}

function onEvent(tracks: Tracks, track: Track, item: EventItem): void {
  const faultMode = track.profile.faultCodes[item.code];
  if (faultMode === undefined) return;
  note(tracks, track, judgeCode(track.watch.judged, { ...item, faultMode }, subjectOf(track), tracks.plan.scenario.judge));
}

/** Takes the answer to an ask. Rows of devices that changed or left meanwhile are passed over, and asked again. */
export function onScores(tracks: Tracks, ask: ScoreAsk, scores: Scores): Found {
  for (const [r, id] of ask.devices.entries()) {
    const track = tracks.byDevice.get(id);
    if (track === undefined || track.asked === null || track.asked !== ask.ts[r]) continue;
    track.asked = null;
    if (track.watch.model === ask.model) onScore(tracks, track, ask.ts[r] ?? 0, r, scores);
    tracks.dirty.add(sliceOf(id));
    tracks.ready.add(id);
  }
  const { found } = tracks;
  tracks.found = { verdicts: [], learnt: [] };
  return found;
}

function onScore(tracks: Tracks, track: Track, ts: number, r: number, scores: Scores): void {
  const { watch } = track;
  const { learning, channels } = watch;
  const state = scores.states.slice(r * scores.stateWidth, (r + 1) * scores.stateWidth);
  if (ts < 0) {
    if (learning === null || learning.normal === null) return;
    watch.state = state;
    const baseline = calibrate(watch, learning, learning.normal, scores.level.subarray(r * channels, (r + 1) * channels));
    if (baseline !== null) tracks.found.learnt.push({ device: track.device.id, baseline });
    return;
  }
  const item = track.queue[0];
  if (item === undefined || item.type !== "sample" || item.ts !== ts) return;
  track.queue.shift();
  watch.state = state;
  const score = scores.score[r] ?? 0;
  watch.score = score;
  tracks.counters.scored++;
  settle(track.trace, item.spot, score);
  note(
    tracks,
    track,
    judgeScore(watch.judged, { ...item, score, evidence: evidenceOf(scores.share, r, track.profile.channels) }, subjectOf(track), tracks.plan.scenario.judge),
  );
}

function note(tracks: Tracks, track: Track, judgement: Judgement): void {
  track.watch.judged = judgement.judged;
  if (judgement.verdict !== null) tracks.found.verdicts.push(judgement.verdict);
}

function subjectOf(track: Track): { readonly device: Device["id"]; readonly asset: Device["asset"]; readonly model: ModelHash } {
  return { device: track.device.id, asset: track.device.asset, model: track.watch.model };
}

function profileOf(plan: IntakePlan, device: Device): DeviceProfile | undefined {
  return plan.scenario.profiles.find((profile) => profile.id === device.profile);
}

function channelsOf(profile: DeviceProfile): string {
  return profile.channels.map((channel) => channel.id).join(" ");
}

type SavedItem =
  | {
      readonly type: "sample";
      readonly ts: number;
      readonly arrivedAt: number;
      readonly fresh: boolean;
      readonly values: Float32Array;
      readonly absorbed: number;
      readonly spot: number;
    }
  | EventItem;
type SavedTrack = {
  readonly id: string;
  readonly channels: string;
  readonly window: SavedWindow;
  readonly trace: SavedTrace;
  readonly watch: SavedWatch;
  readonly queue: readonly SavedItem[];
  readonly lastAt: number;
  readonly lastArrivedAt: number;
  readonly position: Place | null;
  readonly positionAt: number;
  readonly events: readonly string[];
};
type SavedSlice = { readonly format: number; readonly type: "slice"; readonly tracks: readonly SavedTrack[] };
type SavedRest = {
  readonly format: number;
  readonly type: "rest";
  readonly counters: Counters;
  readonly quarantine: readonly Quarantined[];
  readonly found: Found;
};

/**
 * The slices that changed since they were last saved, and the rest. Take the finished minutes with `takeTrace` and store both in one
 * transaction with the log's cursor. Asks may be out: their rows are saved as not yet asked.
 */
export function saveTracks(tracks: Tracks): readonly SavedTracks[] {
  const bySlice = new Map<number, SavedTrack[]>([...tracks.dirty].map((slice) => [slice, []]));
  for (const [id, track] of tracks.byDevice) bySlice.get(sliceOf(id))?.push(saveTrack(track));
  tracks.dirty.clear();
  const rest: SavedRest = { format: SAVED_FORMAT, type: "rest", counters: tracks.counters, quarantine: [...tracks.quarantine.values()], found: tracks.found };
  const slices = [...bySlice].map(([slice, saved]) => ({ slice, bytes: pack({ format: SAVED_FORMAT, type: "slice", tracks: saved } satisfies SavedSlice) }));
  return [...slices, { slice: REST_SLICE, bytes: pack(rest) }];
}

function saveTrack(track: Track): SavedTrack {
  const { lastAt, lastArrivedAt, position, positionAt, events } = track;
  return {
    id: track.device.id,
    channels: channelsOf(track.profile),
    window: saveWindow(track.window),
    trace: saveTrace(track.trace),
    watch: saveWatch(track.watch),
    queue: track.queue.map((item) => (item.type === "event" ? item : { ...item, spot: saveSpot(track.trace, item.spot) })),
    lastAt,
    lastArrivedAt,
    position,
    positionAt,
    events,
  };
}

function loadTrack(saved: SavedTrack, device: Device, profile: DeviceProfile, watch: Watch): Track {
  const trace = loadTrace(saved.trace);
  loadWatch(watch, saved.watch);
  const { lastAt, lastArrivedAt, position, positionAt } = saved;
  return {
    device,
    profile,
    window: loadWindow(saved.window),
    trace,
    watch,
    queue: saved.queue.map((item) => (item.type === "event" ? item : { ...item, spot: loadSpot(trace, item.spot) })),
    asked: null,
    lastAt,
    lastArrivedAt,
    position,
    positionAt,
    events: [...saved.events],
  };
}

/** Finished minutes since the last call, to be stored as rows. */
export function takeTrace(tracks: Tracks): readonly TraceRow[] {
  const rows: TraceRow[] = [];
  for (const [device, { trace }] of tracks.byDevice) {
    for (const minute of trace.finished.splice(0))
      rows.push({ device, fromAt: Math.min(...minute.ts), toAt: Math.max(...minute.ts), bytes: writeMinute(minute, trace.channels) });
  }
  return rows;
}

/** Points after `after`: of the rows given, as stored, and of what is in memory. Refuses `unknown-device`. */
export function traceOf(tracks: Tracks, device: string, after: number, rows: readonly Uint8Array[] = []): TraceView | Refusal {
  const track = tracks.byDevice.get(device);
  if (track === undefined) return refuse("unknown-device", "a device of this unit", "look at the list of devices");
  const { channels } = track.profile;
  const stored = rows.map(readMinute).flatMap((read) => (read !== null && read.channels === channels.length ? [read.minute] : []));
  const { onScore, offScore } = tracks.plan.scenario.judge;
  return {
    device: track.device.id,
    channels: channels.map((channel) => channel.id),
    columns: columnsOf([...track.trace.minutes, ...stored], channels.length, after),
    onScore,
    offScore,
    model: track.watch.model,
  };
}

/** Devices that have said something, at a glance. */
export function glancesOf(tracks: Tracks, connected: (device: string) => boolean): readonly DeviceGlance[] {
  return [...tracks.byDevice.values()]
    .filter((track) => track.lastArrivedAt >= 0)
    .map((track) => ({
      device: track.device.id,
      asset: track.device.asset,
      ts: Math.max(0, track.lastAt),
      arrivedAt: track.lastArrivedAt,
      score: track.watch.score,
      state: track.watch.judged.state,
      commissioned: track.watch.baseline !== null,
      ...(track.position === null ? {} : { position: track.position }),
      connected: connected(track.device.id),
    }));
}

/** Messages after the `n` given, newest last. */
export function tailOf(tracks: Tracks, after: number, device?: string): readonly TailLine[] {
  const heard = tracks.tail.heard.filter((one) => one.n > after && (device === undefined || one.device === device));
  return heard.map((one) => explain(one, tracks.byDevice.get(one.device)?.profile, tracks.plan.scenario.judge));
}

export function quarantineOf(tracks: Tracks): readonly Quarantined[] {
  return [...tracks.quarantine.values()];
}

/** Baselines learnt here that the plan does not know yet: tell the unit again. */
export function untold(tracks: Tracks): Found["learnt"] {
  return [...tracks.byDevice.values()].flatMap(({ device, watch }) =>
    watch.baseline !== null && device.baseline === undefined ? [{ device: device.id, baseline: watch.baseline }] : [],
  );
}

// ─── Unit: alarm → ticket → kit → dispatch ───

/** Transitions from the Intake, in its order. Never refuses: what can't be acted on is recorded. */
export function onVerdicts(view: UnitView, verdicts: readonly Verdict[], now: Millis, newId: NewId): Decided {
  const draft = startDraft(view, advance);
  for (const verdict of verdicts) {
    const cause: Cause = { at: now, type: "verdict", ref: verdict.episode, actor: UNIT };
    const found = alarmStep(draft, verdict, cause, newId);
    if (found?.ticketDue === true) openJob(draft, found.alarm, cause, newId);
    if (found?.outcome === "cleared") clearedStep(draft, found.alarm, cause);
  }
  return draft.done();
}

/** What people and the WMS say. An answer that was taken before changes nothing; a refusal says what to do instead. */
export function onAnswer(view: UnitView, answer: Answer, now: Millis, newId: NewId): Decided | Refusal {
  const draft = startDraft(view, advance);
  return take(draft, answer, now, newId) ?? draft.done();
}

/** A timer came due, perhaps twice or late: what is no longer so is left alone. */
export function onDue(view: UnitView, due: Due, now: Millis, newId: NewId): Decided {
  const draft = startDraft(view, advance);
  switch (due.type) {
    case "offer-expires": {
      const cause: Cause = { at: now, type: due.type, ref: due.offer, actor: UNIT };
      const silent = expireStep(draft, due.offer, cause, newId);
      if (silent !== null) freedStep(draft, silent, cause, newId);
      break;
    }
    case "dispatch-again":
      dispatchAgainStep(draft, due.ticket, { at: now, type: due.type, ref: due.ticket, actor: UNIT }, newId);
      break;
    case "position-ends":
      forgetPositionStep(draft, due.engineer, { at: now, type: due.type, ref: due.engineer, actor: UNIT });
      break;
  }
  return draft.done();
}

/** The order of a job, written once: the ticket, its kit, and whoever is there first. A ticket that waits for a person stops here. */
function openJob(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): void {
  const ticket = ticketStep(draft, alarm, cause, newId);
  if (ticket === null) return;
  kitStep(draft, ticket, cause);
  dispatchStep(draft, ticket, cause, newId);
}

function take(draft: Draft, answer: Answer, now: Millis, newId: NewId): Refusal | null {
  switch (answer.type) {
    case "accept":
    case "decline": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.offer, actor: answer.by };
      const taken =
        answer.type === "accept" ? acceptStep(draft, answer.offer, answer.by, cause) : declineStep(draft, answer.offer, answer.by, answer.reason, cause, newId);
      if (isRefusal(taken)) return taken;
      if (taken === "taken") freedStep(draft, answer.by, cause, newId);
      return null;
    }
    case "progress":
      return progressStep(draft, answer, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "acknowledge":
      return acknowledgeStep(draft, answer, { at: now, type: answer.type, ref: answer.alarm, actor: answer.by });
    case "confirm":
      return confirm(draft, answer.ticket, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "cancel": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.ticket, actor: answer.by };
      const cancelled = cancelStep(draft, answer.ticket, answer.why, cause);
      if (isRefusal(cancelled)) return cancelled;
      if (cancelled.freed !== null) freedStep(draft, cancelled.freed, cause, newId);
      return null;
    }
    case "position":
      return positionStep(draft, answer, now);
    case "reserved":
    case "short":
    case "unreachable":
      reservationStep(draft, answer, { at: now, type: answer.type, ref: answer.kit, actor: UNIT });
      return null;
  }
}

/** One word of a person lets one thing run: the proposed ticket, or what the ticket waits for. Refuses `needs-person`, `unknown-ticket`, `wrong-state`. */
function confirm(draft: Draft, id: TicketId, cause: Cause, newId: NewId): Refusal | null {
  if (cause.actor.trim() === "" || cause.actor === UNIT) return refuse("needs-person", "only a person confirms", "sign in and confirm", "by");
  const ticket = draft.view.get("ticket", id);
  const alarm = ticket === undefined ? draft.view.list("alarm", { state: "active" }).find((active) => active.proposed === id) : undefined;
  if (ticket === undefined && alarm === undefined)
    return refuse("unknown-ticket", "the ticket must exist, or be proposed by an alarm that is active", "load the board again", "ticket");
  draft.tell(cause, "answer", id, { outcome: "confirmed" });
  if (ticket === undefined) {
    if (alarm !== undefined) openJob(draft, alarm, { ...cause, allows: "ticket" }, newId);
    return null;
  }
  const reserves = confirmKitStep(draft, ticket, cause);
  const offers = confirmOfferStep(draft, ticket, { ...cause, allows: "offer" }, newId);
  return reserves || offers ? null : refuse("wrong-state", "nothing of this ticket waits for a person", "load the ticket again");
}
