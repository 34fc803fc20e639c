/**
 * From the log to the unit, each step restartable: what a step reads was written by the one before it.
 *
 *   log ─▶ score ─▶ send ─▶ apply (at the unit) ─▶ cursor
 *
 * The log is written by the broker's group commit. `work` folds and numbers transitions, `send` hands them to the unit, one batch in
 * flight; the unit answers repeats again, so that a crash between any two steps repeats the step and loses and doubles nothing.
 */
import type { Refusal } from "../../contracts/refusal.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { IntakePlan, UnitForIntake } from "../../contracts/rpc.ts";
import { TRANSITIONS_MAX } from "../../contracts/verdict.ts";
import { quarantine } from "../ingest/sample-tail.ts";
import { untold } from "../journey/view.ts";
import { type Fold, openFold } from "./intake-fold.ts";
import type { Clock, Models } from "./intake-ports.ts";
import type { IntakeStore, LogRow, Transition, Wanted } from "./intake-store.ts";

/** Messages that may be logged and not yet scored; above it acknowledgements are withheld. A minute at 2,000 messages a second. */
export const LOG_AHEAD_MAX = 120_000;
/** And their bytes: blocks of bursts are a thousand times what a sample takes, and the platform's limit is 10 GB for all of an object. */
export const LOG_AHEAD_BYTES_MAX = 2 * 1024 ** 3;
/** Transitions that may wait for the unit; above it scoring waits, so that the log holds the backlog and not the memory. */
export const UNSENT_MAX = 5_000;
/** In a crowd samples wait so long for others: of 30 in one call each costs the model a third of what it costs of ten. Alone they don't wait. */
const SCORE_EVERY_MS = 20;
/** Half of what lies between two commits: one that comes so much early or late is what scoring waits for, so that nobody has just missed it. */
const COMMIT_NEAR_MS = 5;
/** With so many there is nothing to be gained by waiting. */
const SCORE_AT_ONCE = 256;
/** Between two pieces of a checkpoint: whoever waited meanwhile is served first. */
const SAVE_PAUSE_MS = 10;
/** After a failed step. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** Times that the unit refuses the same transitions before people are shown; once or twice may be a restore. */
const REFUSALS_MAX = 3;

export type Pipeline = {
  /** Scores what is logged. Resolves when the log is folded, or when it must wait: for the unit, a model, a free turn. */
  readonly work: () => Promise<void>;
  /** Hands over what is not applied yet. */
  readonly send: () => Promise<void>;
  /** As above, once work that is under way and more of it can be taken together. */
  readonly workSoon: () => void;
  readonly checkpoint: () => boolean;
  /** Saves what changed, piece by piece, letting others have their turn between. False: not all of it. */
  readonly save: () => Promise<boolean>;
  /** A row was committed. */
  readonly appended: (row: LogRow) => void;
  /** Whether the log may grow: false withholds acknowledgements. */
  readonly hasRoom: () => boolean;
  readonly head: () => number;
  /** Everything is scored and applied. */
  readonly isIdle: () => boolean;
  readonly replan: (plan: IntakePlan) => void;
  readonly plan: () => IntakePlan;
  /** Of the latest plan, which may wait for its turn. */
  readonly planVersion: () => number;
  /** A model was uploaded: who waited for it is scored from now on. */
  readonly modelsChanged: () => void;
  readonly fold: Fold;
};

export type PipelineDeps = {
  readonly store: IntakeStore;
  readonly models: Models;
  readonly clock: Clock;
  readonly unit: UnitForIntake;
  readonly plan: IntakePlan;
  readonly part: number;
  readonly saveDevices?: number;
  readonly wanted?: Wanted;
  readonly onProgress: () => void;
  /** All up to some place of the log is saved. */
  readonly onSaved?: () => void;
  readonly onPlan: (plan: IntakePlan) => void;
};

export function openPipeline({ store, models, clock, unit, plan: firstPlan, part, saveDevices, wanted, onProgress, onSaved, onPlan }: PipelineDeps): Pipeline {
  const marks = store.readMarks();
  let plan = firstPlan;
  let nextPlan: IntakePlan | null = null;
  let { head, applied } = marks;
  let unsent: Transition[] = [...store.readTransitions(applied + 1, UNSENT_MAX + TRANSITIONS_MAX)];
  let failures = 0;
  let refusals = 0;
  let workedAt = -Infinity;
  let soon: ReturnType<typeof setTimeout> | null = null;
  const fold = openFold({
    store,
    models,
    clock,
    marks,
    plan,
    ...(saveDevices === undefined ? {} : { saveDevices }),
    wanted,
    onFound: (transitions, learnt) => {
      unsent.push(...transitions);
      if (transitions.length > 0) void send();
      if (learnt.length > 0) void tell();
    },
  });

  const ahead = [...store.readSizes(marks.cursor)];
  let aheadBytes = ahead.reduce((sum, { bytes }) => sum + bytes, 0);

  /** What is logged and not yet scored. */
  function bytesAhead(): number {
    const first = ahead.findIndex(({ end }) => end > fold.folded());
    for (const { bytes } of ahead.splice(0, first < 0 ? ahead.length : first)) aheadBytes -= bytes;
    return aheadBytes;
  }

  const work = oneAtATime(run);
  const send = oneAtATime(sendAll);
  const report = oneAtATime(tellWatched);

  async function run(): Promise<void> {
    workedAt = clock.now();
    try {
      for (;;) {
        if (nextPlan !== null && !fold.isAgain()) adopt();
        if (unsent.length > UNSENT_MAX) break;
        const waited = head;
        if ((await fold.step()) === "idle") {
          if (nextPlan === null) break;
          // Rows that a copy came without, say, are never folded again.
          adopt();
        }
        if (fold.due(clock.now())) saveSome();
        onProgress();
        // What came meanwhile waits for more: else calls get smaller the quicker they are.
        if (fold.folded() >= waited && head > fold.folded() && nextPlan === null) {
          workSoon();
          break;
        }
      }
      failures = 0;
      if (fold.isUrgent()) void report();
    } catch (error) {
      retryLater("scoring", error);
    }
  }

  function checkpoint(): boolean {
    const isSaved = fold.checkpoint();
    if (isSaved) passed();
    return isSaved;
  }

  function saveSome(): boolean {
    const isSaved = fold.saveSome();
    if (isSaved && !fold.due(clock.now())) passed();
    return isSaved;
  }

  function passed(): void {
    onSaved?.();
    void report();
  }

  /** One pass: with traffic going on there is more to save at its end. */
  async function save(): Promise<boolean> {
    while (!fold.isSaved()) {
      if (!saveSome()) return false;
      if (!fold.due(clock.now())) break;
      await new Promise((resolve) => setTimeout(resolve, SAVE_PAUSE_MS));
    }
    return fold.isSaved();
  }

  function workSoon(): void {
    const waitMs = Math.min(SCORE_EVERY_MS, workedAt + SCORE_EVERY_MS - clock.now());
    if (waitMs <= COMMIT_NEAR_MS || head - fold.folded() >= SCORE_AT_ONCE) workNow();
    else soon ??= setTimeout(workNow, waitMs + COMMIT_NEAR_MS);
  }

  function workNow(): void {
    if (soon !== null) clearTimeout(soon);
    soon = null;
    void work();
  }

  function adopt(): void {
    if (nextPlan === null) return;
    plan = nextPlan;
    nextPlan = null;
    fold.replan(plan);
    void tell();
  }

  async function sendAll(): Promise<void> {
    try {
      let rewound = false;
      while (unsent.length > 0) {
        const from = unsent[0]?.seq ?? 0;
        // A batch has one number, its first: it ends where numbers are missing.
        const hole = unsent.findIndex((one, i) => one.seq !== from + i);
        const batch = unsent.slice(0, Math.min(TRANSITIONS_MAX, hole < 0 ? unsent.length : hole));
        const answer: { readonly through: number } | Refusal = await unit.applyVerdicts({
          unit: plan.unit,
          slice: part,
          from,
          verdicts: batch.map((one) => one.verdict),
        });
        if (isRefusal(answer)) {
          if (answer.refused !== "gap" || rewound) {
            if (++refusals >= REFUSALS_MAX) show(answer);
            throw new Error(`the unit refuses transitions from ${from}: ${answer.rule}; ${answer.mend}`);
          }
          // The unit is behind what it has answered for, as after a restore: begin with the oldest one kept.
          rewound = true;
          unsent = [...store.readTransitions(store.firstTransition() ?? from, UNSENT_MAX)];
          continue;
        }
        applied = Math.max(applied, answer.through);
        store.transaction(() => store.writeApplied(applied));
        refusals = 0;
        unsent = unsent.filter((one) => one.seq > answer.through);
        // Memory holds the first ones of a long backlog, and those found since: what lies between is in the store.
        if (unsent[0]?.seq !== answer.through + 1) unsent = [...store.readTransitions(answer.through + 1, UNSENT_MAX)];
      }
      void work();
    } catch (error) {
      retryLater("sending to the unit", error);
    }
  }

  /** Nobody looks at a log: it stands where refused messages stand. */
  function show(answer: Refusal): void {
    const rule = `the unit refuses verdicts: ${answer.rule}`;
    quarantine(fold.tracks().quarantine, "unit", { ...answer, rule }, new Uint8Array(0), clock.now());
  }

  /** Baselines that the unit does not know. It keeps the first one, so telling twice is harmless. */
  async function tell(): Promise<void> {
    try {
      for (const { device, baseline } of untold(fold.tracks())) await unit.learnt(device, baseline);
    } catch (error) {
      retryLater("telling the unit what was learnt", error);
    }
  }

  /** All of it each time: what is not told now is told with the next checkpoint. */
  async function tellWatched(): Promise<void> {
    const told = fold.report();
    try {
      await unit.watched({ part, ...told });
      fold.told(told);
    } catch (error) {
      console.warn(`${plan.unit}: what the models have seen is told later`, error);
    }
  }

  function retryLater(step: string, error: unknown): void {
    failures++;
    console.warn(`${plan.unit}: ${step} failed and is tried again`, error);
    clock.wakeBy(clock.now() + Math.min(RETRY_MS * 2 ** Math.min(failures - 1, 10), RETRY_MS_MAX));
  }

  return {
    work,
    send,
    workSoon,
    checkpoint,
    save,
    appended: (row) => {
      head = row.end;
      const bytes = row.messages.reduce((sum, { payload }) => sum + payload.length, 0);
      ahead.push({ end: row.end, bytes });
      aheadBytes += bytes;
      fold.appended(row);
    },
    hasRoom: () => head - fold.folded() < LOG_AHEAD_MAX && bytesAhead() < LOG_AHEAD_BYTES_MAX,
    head: () => head,
    isIdle: () => fold.folded() >= head && unsent.length === 0 && nextPlan === null,
    // Between two rows only: a row is folded with one plan.
    replan: (next) => {
      nextPlan = next;
      onPlan(next);
      void work();
    },
    plan: () => plan,
    planVersion: () => (nextPlan ?? plan).version,
    modelsChanged: () => {
      fold.modelsChanged();
      void work();
    },
    fold,
  };
}

/** While one run goes on, a further call has it run once more afterwards: what came in its last moment is not overlooked. */
function oneAtATime(body: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  async function repeat(): Promise<void> {
    do {
      again = false;
      await body();
    } while (again);
    running = null;
  }
  return () => {
    again = true;
    running ??= repeat();
    return running;
  };
}
