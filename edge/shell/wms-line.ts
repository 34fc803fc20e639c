/**
 * The line to a unit's warehouse: asks go one at a time, through a breaker whose state is a row, so that neither a restart nor a flood of asks
 * makes it forget that the warehouse is away. What comes back is an input of the unit; the ask's row ends in the same transaction.
 */
import * as breaker from "../../contracts/breaker.ts";
import { UNIT, type Answer } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { callEnded, nextCall, type AskRow, type Fate } from "../kit/connector.ts";
import { failed } from "./failed.ts";
import type { Write } from "./write.ts";
import { postponeAsk, readAsks, readMeta, settleAsk, writeMeta, type Db } from "./unit-tables.ts";
import { callWms, type Called } from "./wms.ts";

const BREAKER = "wmsBreaker";

export type WmsLine = {
  readonly busy: () => boolean;
  /** Until nothing is due, or the warehouse is to be left alone for a while. */
  drain(): Promise<void>;
};

export type WmsDesk = {
  readonly db: Db;
  readonly url: string;
  readonly unit: string;
  /** An input that begins now: what it writes is one transaction. */
  readonly arrived: () => (body: (write: Write) => void, now: Millis) => void;
  readonly decide: (answer: Answer, now: Millis, write: Write) => void;
  readonly now: () => Millis;
};

export function wmsLine(desk: WmsDesk): WmsLine {
  const { db, now } = desk;
  let busy = false;
  return {
    busy: () => busy,
    async drain() {
      if (busy) return;
      busy = true;
      try {
        while (await turn()) continue;
      } finally {
        busy = false;
      }
    },
  };

  async function turn(): Promise<boolean> {
    const next = nextCall(breaker, readBreaker(db), readAsks(db, now()), now());
    if (!("call" in next)) {
      if (next.wait !== null) hold(next.held, next.wait);
      return false;
    }
    // Before the call: a probe that is lost with this object must not be followed by another at once.
    writeMeta(db, BREAKER, JSON.stringify(next.breaker));
    const take = desk.arrived();
    const called = await callWms(desk.url, next.call.ask, now);
    const at = now();
    const { breaker: after, fate } = callEnded(breaker, readBreaker(db), next.round, next.call, called, at);
    try {
      take((write) => {
        writeMeta(db, BREAKER, JSON.stringify(after));
        settle(next.call, fate, called, at, write);
      }, at);
    } catch (error) {
      giveUp(next.call, error, take);
    }
    return true;
  }

  function settle({ ask, attempts }: AskRow, fate: Fate, { answer, why }: Called, at: Millis, write: Write): void {
    const { key, kit } = ask;
    if (fate.type === "again") {
      postponeAsk(db, key, fate.row.attempts, fate.row.dueAt);
      desk.decide({ type: "unreachable", kit, key, attempts: attempts + 1, why }, at, write);
      return;
    }
    settleAsk(db, key);
    desk.decide(answer ?? { type: "rejected", kit, key, why }, at, write);
  }

  /** An answer that can't be taken (a bug) is recorded, and asked for again. */
  function giveUp({ ask, attempts }: AskRow, error: unknown, take: (body: (write: Write) => void, now: Millis) => void): void {
    console.error(`${desk.unit}: the answer to ask ${ask.key} can't be taken`, error);
    const at = now();
    take((write) => {
      postponeAsk(db, ask.key, attempts + 1, at + TAKE_AGAIN_MS);
      write(failed("reservation", ask.key, error, at), UNIT, "ask failed");
    }, at);
  }

  /** The breaker is open: each ask that is due waits for it, and its kit says that the warehouse is away. */
  function hold(keys: readonly string[], until: Millis): void {
    if (keys.length === 0) return;
    const at = now();
    const rows = readAsks(db, at).filter(({ ask }) => keys.includes(ask.key));
    desk.arrived()((write) => {
      for (const { ask, attempts } of rows) {
        postponeAsk(db, ask.key, attempts, Math.max(until, at + 1));
        desk.decide({ type: "unreachable", kit: ask.kit, key: ask.key, attempts: 1, why: "the line to the WMS is out of order" }, at, write);
      }
    }, at);
  }
}

/** A kit whose answer could not be written once will hardly be so within seconds. */
const TAKE_AGAIN_MS = 30_000;

function readBreaker(db: Db): breaker.Breaker {
  const text = readMeta(db, BREAKER);
  return text === undefined || text === "" ? breaker.CLOSED : (JSON.parse(text) as breaker.Breaker);
}
