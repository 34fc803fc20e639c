/**
 * The unit's word with its hub about models: tells what became of releases and what its models did, hears what is released and asked, fetches
 * what is missing part by part, and starts it as a shadow. In the background: what fails is taken up the next time, where it stood, and what
 * the unit runs is its own.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { StartShadow } from "../../contracts/models-view.ts";
import { BLOB_PART_BYTES } from "../../contracts/models-wire.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import { answered, dropped, fetching, idle, type KeptRelease, nextOf, refusedBy, stateBy, takeReleases, type Todo } from "../journey/release.ts";
import { callHub } from "./hub-call.ts";
import type { ModelDesk } from "./model-desk.ts";
import { countParts, dropParts, joinParts, readReleases, writePart, writeRelease, writeReleases } from "./release-store.ts";
import type { Db } from "./unit-tables.ts";

/** Nobody waits for it, and who does nudges: what a nudge did not reach is found so soon. */
export const MODELS_MS = 5 * 60_000;
/** After a failure, each time twice as long: a line that broke is opened again within seconds, a hub that knows no models yet stays so. */
const AGAIN_MS = 5_000;
/** Steps of one turn, and turns of one word: a unit has few releases, and what is more comes in the next. */
const STEPS_MAX = 100;
const TURNS_MAX = 10;

export type ModelLine = {
  readonly db: Db;
  readonly hub: HubForUnit;
  readonly proof: () => { readonly origin: Origin; readonly key: string };
  readonly profiles: readonly string[];
  readonly desk: ModelDesk;
  /** Whether every Intake has it. These three may fail. */
  readonly has: (hash: string) => Promise<boolean>;
  readonly give: (hash: string, bytes: ArrayBuffer) => Promise<object>;
  readonly tryOn: (hash: string, profile: string) => Promise<object>;
  readonly transact: <T>(body: () => T) => T;
  readonly now: () => Millis;
};

export type HubModels = {
  /** There is something to hear, or to tell. */
  due(): void;
  /** The hub has just answered something else. Tells and does what is due; never throws. */
  tell(): Promise<void>;
};

export function hubModels(line: ModelLine): HubModels {
  const { db, desk, transact } = line;
  let [busy, nextAt, failures] = [false, 0, 0];

  /** As the bindings say now. */
  const kept = (): readonly KeptRelease[] => {
    const bindings = desk.bindings();
    return readReleases(db).map((one) =>
      stateBy(
        one,
        bindings.find(({ profile }) => profile === one.release.profile),
        line.now(),
      ),
    );
  };

  const exchange = async (): Promise<void> => {
    const now = line.now();
    const said = kept();
    const { bindings, records, trials } = desk.told(now);
    const reply = await callHub(() =>
      line.hub.models({
        ...line.proof(),
        profiles: line.profiles as never,
        bindings: [...bindings],
        records: [...records],
        trials: [...trials],
        releases: said.map(({ state }) => state),
      }),
    );
    if (isRefusal(reply)) throw new Error(reply.rule);
    transact(() => writeReleases(db, takeReleases(said, reply.releases, line.now())));
  };

  const keep = (one: KeptRelease): void => transact(() => writeRelease(db, one));

  const fetchBytes = async (one: KeptRelease): Promise<Uint8Array<ArrayBuffer> | Refusal> => {
    const { sha256: hash, bytes } = one.release.card;
    let came = transact(() => countParts(db, hash));
    while (came.bytes < bytes) {
      keep(fetching(one, came.bytes, line.now()));
      const offset = came.parts * BLOB_PART_BYTES;
      const reply = await callHub(() => line.hub.blob({ ...line.proof(), hash, offset }));
      if (isRefusal(reply)) return lasting(reply);
      const part = hexToBytes(reply.part);
      const isLast = offset + part.byteLength >= reply.bytes;
      if (reply.bytes !== bytes || part.byteLength === 0 || (part.byteLength !== BLOB_PART_BYTES && !isLast))
        return refuse("bad-model", `${bytes} bytes, as the card says, in parts of ${BLOB_PART_BYTES}`, "put the model into the registry again", "bytes");
      const [n, before] = [came.parts, came.bytes];
      transact(() => writePart(db, hash, n, part));
      came = { parts: n + 1, bytes: before + part.byteLength };
    }
    const whole = joinParts(db, hash, bytes);
    const digest = bytesToHex(sha256(whole));
    return digest === hash ? whole : refuse("bad-model", `what came has the SHA-256 ${digest}`, "look at the hub's copy: outpost model show", "hash");
  };

  const start = async (one: KeptRelease): Promise<void> => {
    const { id, card, profile, wanted, share, bounds, by } = one.release;
    const hash = card.sha256;
    const done = (refusal: Refusal | null): void => {
      transact(() => {
        dropParts(db, hash);
        if (refusal !== null) writeRelease(db, refusedBy(one, refusal, line.now()));
      });
    };
    if (!(await line.has(hash))) {
      const whole = await fetchBytes(one);
      if (isRefusal(whole)) return done(whole);
      const given = await line.give(hash, whole.buffer);
      if (isRefusal(given)) return done(lasting(given));
    }
    const tried = await line.tryOn(hash, profile);
    if (isRefusal(tried)) return done(lasting(tried));
    desk.putCard(card satisfies ModelCard, line.now());
    const given: StartShadow = { hash, wanted, ...(share === undefined ? {} : { share }), ...(bounds === undefined ? {} : { bounds }) };
    const begun = desk.ask(profile, { type: "shadow", ...given, release: id }, by, line.now());
    done(isRefusal(begun) ? begun : null);
  };

  const obey = ({ kept: one, ask, does }: Extract<Todo, { type: "ask" }>): void => {
    const told = (refusal: Refusal | null): KeptRelease => answered(one, ask, refusal);
    if (does === null) return keep(told(idle(one, ask)));
    if (does === "drop") return keep(dropped(told(null), line.now()));
    const { id: release } = one.release;
    const step =
      does === "canary"
        ? { type: does, ...(ask.share === undefined ? {} : { share: ask.share }) }
        : does === "roll-back"
          ? { type: does, release }
          : { type: does };
    // Done and noted in one transaction: what was done is not done again.
    const done = desk.ask(one.release.profile, step, ask.by, line.now(), () => writeRelease(db, told(null)));
    if (isRefusal(done)) keep(told(done));
  };

  /** Whether anything was done that the hub does not know. */
  const work = async (): Promise<boolean> => {
    for (let step = 0; step < STEPS_MAX; step++) {
      const todo = nextOf(kept(), desk.bindings());
      if (todo === null) return step > 0;
      if (todo.type === "ask") obey(todo);
      else await start(todo.kept);
    }
    return true;
  };

  return {
    due() {
      nextAt = 0;
    },
    async tell() {
      if (busy || line.now() < nextAt) return;
      busy = true;
      try {
        // What came of it, and whatever became due meanwhile, is told at once.
        for (let turn = 0; turn < TURNS_MAX && line.now() >= nextAt; turn++) {
          nextAt = line.now() + MODELS_MS;
          await exchange();
          if (await work()) nextAt = 0;
          failures = 0;
        }
      } catch (error) {
        nextAt = line.now() + Math.min(MODELS_MS, AGAIN_MS * 2 ** failures);
        failures += 1;
        console.warn(`models are spoken of next time: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        busy = false;
      }
    },
  };
}

/** A refusal that is of the model. One that will pass is thrown: the next turn goes on from here. */
function lasting(refusal: Refusal): Refusal {
  if (["unavailable", "unknown-unit", "unknown-origin", "not-permitted"].includes(refusal.refused)) throw new Error(refusal.rule);
  return refusal;
}
