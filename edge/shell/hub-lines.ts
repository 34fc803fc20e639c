/** A live unit's lines to its hub, over one port: operations both ways, notes, and models. Notes and models go when the first is up. */
import type { Quarantined } from "../../contracts/board.ts";
import { contractsOfUnit } from "../../contracts/contract.ts";
import type { Nudge } from "../../contracts/delta/frame.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ReplicaStore } from "../delta/store.ts";
import type { Entities } from "./entities.ts";
import { hubLink, type HubLine, type HubLink } from "./hub-link.ts";
import { type HubModels, hubModels } from "./hub-models.ts";
import { hubNotes } from "./hub-note.ts";
import { hubPort, type HubPort } from "./hub-port.ts";
import { hubSocket } from "./hub-socket.ts";
import type { ModelDesk } from "./model-desk.ts";
import { giveModel, hasModel, tryModelOn } from "./model-intakes.ts";
import { intakeNamed } from "./stubs.ts";
import type { UnitState } from "./unit-state.ts";
import type { Db } from "./unit-tables.ts";

export type HubLines = {
  readonly port: HubPort;
  readonly link: HubLink;
  readonly offers: HubModels;
  /** Talks as `HubLink` does, then begins what is not awaited: what is written meanwhile goes first. Returns when to come again. */
  readonly drain: () => Promise<Millis | null>;
  /** The line to a hub elsewhere ends. */
  readonly close: () => void;
};

export type HubLinesDeps = Pick<HubLine, "heard" | "reborn" | "onReceipt" | "onChange"> & {
  readonly env: Env;
  readonly db: Db;
  readonly entities: Entities;
  readonly replica: ReplicaStore;
  readonly opened: UnitState;
  readonly state: () => Pick<UnitState, "origin" | "incarnation">;
  readonly models: ModelDesk;
  readonly transact: <T>(body: () => T) => T;
  /** As `transact`, for what an answer of the hub changes. */
  readonly hearing: <T>(body: () => T) => T;
  readonly until: (work: Promise<unknown>) => void;
  readonly onNudge: (of: Nudge) => void;
  readonly onCut: (why: string) => void;
};

export function openHubLines(deps: HubLinesDeps): HubLines {
  const { env, opened, onNudge, onCut } = deps;
  const elsewhere = opened.hub === null ? null : hubSocket({ address: opened.hub.url, token: opened.hub.token, unit: opened.unit, onNudge, onCut });
  const port = hubPort(env, elsewhere);
  const link = linkOver(port, deps);
  const notes = notesOver(port, deps);
  const offers = modelsOver(port, deps);
  return {
    port,
    link,
    offers,
    drain: async () => {
      const at = await link.drain();
      if (link.state().state === "up") {
        deps.until(notes.tell());
        deps.until(offers.tell());
      }
      return at;
    },
    close: () => elsewhere?.close(),
  };
}

function linkOver({ background }: HubPort, { env, db, replica, opened, state, hearing, heard, reborn, onReceipt, onChange }: HubLinesDeps): HubLink {
  return hubLink({
    db,
    replica,
    hub: background,
    origin: () => state().origin,
    registration: () => ({ tenant: env.TENANT, unit: opened.unit, incarnation: state().incarnation, key: opened.key, contracts: [...contractsOfUnit()] }),
    transact: hearing,
    heard,
    reborn,
    onReceipt,
    now: Date.now,
    chance: Math.random,
    onChange,
  });
}

function notesOver({ background }: HubPort, { env, db, entities, opened, state, transact }: HubLinesDeps): ReturnType<typeof hubNotes> {
  return hubNotes({
    db,
    entities,
    hub: background,
    proof: () => ({ origin: state().origin, key: opened.key }),
    scenario: opened.scenario,
    rules: opened.rules,
    refused: async () => {
      const answer = await intakeNamed(env, opened.unit).quarantine();
      const copy = structuredClone(answer) as readonly Quarantined[];
      (answer as Partial<Disposable>)[Symbol.dispose]?.();
      return copy;
    },
    transact,
    now: Date.now,
  });
}

function modelsOver({ background }: HubPort, { env, db, opened: { unit, scenario, key }, state, models, transact }: HubLinesDeps): HubModels {
  return hubModels({
    db,
    hub: background,
    proof: () => ({ origin: state().origin, key }),
    profiles: scenario.profiles.map(({ id }) => id),
    desk: models,
    has: (hash) => hasModel(env, unit, hash),
    give: (hash, bytes) => giveModel(env, unit, hash, bytes),
    tryOn: (hash, profile) => tryModelOn(env, unit, hash, profile),
    transact,
    now: Date.now,
  });
}
