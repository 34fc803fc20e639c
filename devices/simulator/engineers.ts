/**
 * Simulated engineers: each looks at the phone every second or so, thinks about an offer, accepts or declines, drives there, works and
 * writes down what was done; all over the same HTTP API as the phone page. What to do next is decided in `engineer.ts`, purely.
 */
import { Phone } from "../../contracts/board.ts";
import type { Place } from "../../contracts/instant.ts";
import { DELAYS, nextAct, startMind, type Act, type Delays, type Mind } from "./engineer.ts";
import { randomOf, type Random } from "./random.ts";

/** An answer that takes longer than this is given up; the next look asks again. */
const ANSWER_MS = 10_000;

export type EngineerEvent =
  | { readonly type: "act"; readonly engineer: string; readonly act: Act; readonly at: number; readonly status: number }
  | { readonly type: "failed"; readonly engineer: string; readonly why: string; readonly at: number };

export type EngineersOptions = {
  readonly httpUrl: string;
  readonly unit: string;
  readonly engineers: readonly { readonly id: string; readonly token: string }[];
  readonly seed: number;
  readonly delays?: Delays;
  /** Engineers that a person plays: they are left alone. Asked before each look, so that it may change. */
  readonly skip?: (engineer: string) => boolean;
  /** Called when a job is done, so that a simulated machine can be mended. */
  readonly onResolved?: (asset: string) => void;
  readonly onEvent?: (event: EngineerEvent) => void;
  readonly now?: () => number;
};

export type EngineersStats = {
  readonly looks: number;
  readonly accepted: number;
  readonly declined: number;
  readonly resolved: number;
  readonly refused: number;
  readonly failed: number;
};
export type Engineers = { stats(): EngineersStats; stop(): Promise<void> };

export function startEngineers(options: EngineersOptions): Engineers {
  const now = options.now ?? Date.now;
  const delays = options.delays ?? DELAYS;
  const stopping = new AbortController();
  const stats = { looks: 0, accepted: 0, declined: 0, resolved: 0, refused: 0, failed: 0 };
  const base = `${options.httpUrl.replace(/\/$/, "")}/api/u/${options.unit}`;

  async function live(id: string, token: string): Promise<void> {
    const random = randomOf(options.seed, `engineer/${id}`);
    let mind = startMind();
    // Not all in the same instant.
    await sleep(random() * delays.lookMs, stopping.signal);
    while (!stopping.signal.aborted) {
      if (options.skip?.(id) !== true) mind = await look(id, token, mind, random);
      await sleep(delays.lookMs * (0.8 + 0.4 * random()), stopping.signal);
    }
  }

  async function look(id: string, token: string, mind: Mind, random: Random): Promise<Mind> {
    try {
      const phone = Phone.parse(await (await call(token, "GET", "/phone")).json());
      stats.looks += 1;
      const next = nextAct(mind, phone, now(), delays, random);
      if (next.act !== null) await perform(id, token, next.act);
      return next.mind;
    } catch (error) {
      if (stopping.signal.aborted) return mind;
      stats.failed += 1;
      options.onEvent?.({ type: "failed", engineer: id, why: error instanceof Error ? error.message : String(error), at: now() });
      return mind;
    }
  }

  async function perform(engineer: string, token: string, act: Act): Promise<void> {
    const response = await send(token, act);
    await response.body?.cancel();
    options.onEvent?.({ type: "act", engineer, act, at: now(), status: response.status });
    // A refusal is the unit's right: somebody was faster, or the offer had expired.
    if (!response.ok) stats.refused += 1;
    else if (act.type === "accept") stats.accepted += 1;
    else if (act.type === "decline") stats.declined += 1;
    else if (act.type === "progress" && act.to === "resolved") {
      stats.resolved += 1;
      options.onResolved?.(act.asset);
    }
  }

  function send(token: string, act: Act): Promise<Response> {
    switch (act.type) {
      case "accept":
        return call(token, "POST", `/offers/${encodeURIComponent(act.offer)}/accept`, {});
      case "decline":
        return call(token, "POST", `/offers/${encodeURIComponent(act.offer)}/decline`, { reason: act.reason });
      case "progress":
        return call(token, "POST", `/tickets/${encodeURIComponent(act.ticket)}/progress`, { to: act.to, ...act.report });
      case "tick":
        return call(token, "POST", `/tickets/${encodeURIComponent(act.ticket)}/checklist`, { step: act.step, done: true });
      case "photograph":
        return call(token, "POST", `/tickets/${encodeURIComponent(act.ticket)}/photos?at=${now()}`, picture(now()));
      case "position":
        return call(token, "POST", "/position", { place: act.place satisfies Place });
    }
  }

  function call(token: string, method: "GET" | "POST", path: string, body?: unknown): Promise<Response> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(ANSWER_MS)]);
    const isPicture = body instanceof Uint8Array;
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": isPicture ? "image/jpeg" : "application/json" }) };
    return fetch(`${base}${path}`, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body: isPicture ? Uint8Array.from(body) : JSON.stringify(body) }),
    });
  }

  const lives = options.engineers.map(({ id, token }) => live(id, token));
  return {
    stats: () => ({ ...stats }),
    async stop() {
      stopping.abort();
      await Promise.all(lives);
    },
  };
}

/** What stands for a photograph: it begins as a JPEG does, and no two are alike. */
function picture(at: number): Uint8Array {
  return new Uint8Array([0xff, 0xd8, 0xff, ...new TextEncoder().encode(`taken at ${at}`)]);
}

/** Resolves after the time or when stopped, whichever comes first. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
