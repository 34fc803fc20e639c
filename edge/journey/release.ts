/**
 * Releases of a hub in this unit: what is known of each, and what is to be done next. One of a profile at a time; what a release came to stands
 * in its profile's binding, so that a crash between two steps is nothing but a step that is taken again.
 *
 *   waiting ─ its turn ─▶ fetching ─ tried at the door ─▶ shadow ─▶ canary ─▶ live        (the binding says)
 *      └───────────────────── refused ◀───────┘              └────────┴──▶ ended ◀──┘
 */
import type { Reason } from "../../contracts/decision.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import { type Release, type ReleaseAsk, type ReleaseState, RELEASES_MAX } from "../../contracts/release.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";

/** `asks`: those that are not dealt with yet, the oldest first. */
export type KeptRelease = { readonly release: Omit<Release, "asks">; readonly state: ReleaseState; readonly asks: readonly ReleaseAsk[] };

/** What is known once the hub has answered: what it tells of for the first time, what it asks, and what it has withdrawn. */
export function takeReleases(kept: readonly KeptRelease[], told: readonly Release[], now: Millis): readonly KeptRelease[] {
  const known = kept.flatMap((one): KeptRelease[] => {
    const again = told.find(({ id }) => id === one.release.id);
    // What waits and is not told any more was taken back.
    if (again === undefined) return hasBegun(one) ? [one] : [];
    const asks = (again.asks ?? []).filter(({ n }) => n > (one.state.answered ?? 0));
    return [{ ...one, asks }];
  });
  const fresh = told
    .filter(({ id }) => !kept.some((one) => one.release.id === id))
    .map(({ asks: _asks, ...release }): KeptRelease => ({
      release,
      state: { release: release.id, hash: release.card.sha256, profile: release.profile, state: "waiting", at: now },
      asks: [],
    }));
  return within([...known, ...fresh.toSorted((a, b) => a.release.at - b.release.at)]);
}

/** Of too many the oldest that are over go: what runs here is not forgotten. */
function within(kept: readonly KeptRelease[]): readonly KeptRelease[] {
  const over = kept.filter(({ state }) => state.state === "ended" || state.state === "refused");
  const gone = new Set(over.slice(0, Math.max(0, kept.length - RELEASES_MAX)));
  return kept.filter((one) => !gone.has(one)).slice(0, RELEASES_MAX);
}

/** As its profile's binding says; a release that has not begun stays as it is. */
export function stateBy(kept: KeptRelease, binding: ModelBinding | undefined, now: Millis): KeptRelease {
  const { id } = kept.release;
  const { candidate, ended } = binding ?? {};
  if (candidate?.release === id) return stateOf(kept, candidate.stage, candidate.stageSince);
  if (binding?.release === id) return stateOf(kept, "live", binding.liveSince);
  if (!hasBegun(kept) && ended?.release !== id) return kept;
  if (ended?.release === id) return stateOf(kept, "ended", ended.at, [howEnded(ended.how), ...ended.reasons].slice(0, 10));
  return kept.state.state === "ended" || kept.state.state === "refused" ? kept : stateOf(kept, "ended", now, [howEnded("replaced")]);
}

/** What an ask comes to where the release stands; null: nothing. */
export type Doing = "canary" | "promote" | "roll-back" | "stop" | "drop" | null;
/** What is to be done next; null: nothing until somebody asks, or something changes. */
export type Todo =
  | { readonly type: "ask"; readonly kept: KeptRelease; readonly ask: ReleaseAsk; readonly does: Doing }
  | { readonly type: "start"; readonly kept: KeptRelease }
  | null;

/** What people ask comes first; then whoever has begun to be fetched, then who has waited longest. */
export function nextOf(kept: readonly KeptRelease[], bindings: readonly ModelBinding[]): Todo {
  for (const one of kept) {
    const [ask] = one.asks;
    if (ask !== undefined) return { type: "ask", kept: one, ask, does: doingOf(one, ask) };
  }
  const waiting = kept.filter((one) => !hasBegun(one)).toSorted((a, b) => rank(a) - rank(b) || a.release.at - b.release.at);
  for (const one of waiting) {
    const binding = bindings.find(({ profile }) => profile === one.release.profile);
    if (binding?.candidate === undefined) return { type: "start", kept: one };
  }
  return null;
}

/** An ask that was dealt with, or could not be: then the reason stands with the release. */
export function answered(kept: KeptRelease, ask: ReleaseAsk, refusal: Refusal | null): KeptRelease {
  const { refusal: before, ...state } = kept.state;
  const stays = refusal ?? (state.state === "refused" ? before : undefined);
  return {
    ...kept,
    asks: kept.asks.filter(({ n }) => n > ask.n),
    state: { ...state, answered: ask.n, ...(stays === undefined ? {} : { refusal: stays }) },
  };
}

/** Why nothing was done; null where that is as it should be: what has ended is not stopped again. */
export function idle({ state }: KeptRelease, { type }: ReleaseAsk): Refusal | null {
  if (type !== "promote" || state.state === "live") return null;
  const mend = state.state === "waiting" || state.state === "fetching" ? "ask again once it is a shadow there" : "begin another release";
  return refuse("wrong-state", `a shadow or a canary goes one stage further; here it is ${state.state}`, mend, "type");
}

export function refusedBy(kept: KeptRelease, refusal: Refusal, now: Millis): KeptRelease {
  const { fetched: _, ...state } = kept.state;
  return { ...kept, state: { ...state, state: "refused", refusal, at: now } };
}

export function fetching(kept: KeptRelease, fetched: number, now: Millis): KeptRelease {
  return { ...kept, state: { ...kept.state, state: "fetching", fetched, at: kept.state.state === "fetching" ? kept.state.at : now } };
}

/** Dropped before it began, because somebody asked for it. */
export function dropped(kept: KeptRelease, now: Millis): KeptRelease {
  return stateOf(kept, "ended", now, [howEnded("stopped")]);
}

function doingOf({ state }: KeptRelease, { type }: ReleaseAsk): Doing {
  switch (state.state) {
    case "waiting":
    case "fetching":
      return type === "promote" ? null : "drop";
    case "shadow":
      return type === "promote" ? "canary" : "stop";
    case "canary":
      return type;
    case "live":
      return type === "roll-back" ? "roll-back" : null;
    case "refused":
    case "ended":
      return null;
  }
}

function hasBegun({ state }: KeptRelease): boolean {
  return state.state !== "waiting" && state.state !== "fetching";
}

function rank({ state }: KeptRelease): number {
  return state.state === "fetching" ? 0 : 1;
}

function howEnded(how: string): Reason {
  return { code: "ended", about: { how } };
}

function stateOf(kept: KeptRelease, state: ReleaseState["state"], at: Millis, reasons?: readonly Reason[]): KeptRelease {
  const { fetched: _fetched, reasons: _reasons, refusal, ...rest } = kept.state;
  // Why it did not go further stands until it does.
  const same = rest.state === state && refusal !== undefined;
  return { ...kept, state: { ...rest, state, at, ...(same ? { refusal } : {}), ...(reasons === undefined ? {} : { reasons: [...reasons] }) } };
}
