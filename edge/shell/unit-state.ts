/** What a unit is made of, kept in `meta`: the scenario it runs, its incarnation, its key at the hub. Created once. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { uuidv7 } from "uuidv7";
import type { Origin } from "../../contracts/delta/operation.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { mendUoms } from "../../contracts/uom-mended.ts";
import { makeSecret } from "./guard.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** Sandboxes made of one unit: each holds a copy of its state. */
const SANDBOXES_MAX = 50;

export type HubElsewhere = { readonly url: string; readonly token: string };

export type UnitState = {
  readonly unit: string;
  readonly scenario: Scenario;
  /** Hash of the scenario: which rules a decision applied. */
  readonly rules: string;
  readonly incarnation: string;
  readonly origin: Origin;
  readonly key: string;
  /** A hub elsewhere, and the unit's token there; absent: the one that this Worker is bound to. */
  readonly hub: HubElsewhere | null;
  /** Rises whenever what the Intake works by changes. */
  readonly planVersion: number;
};

export function createState(db: Db, unit: string, scenario: Scenario): void {
  writeMeta(db, "unit", unit);
  writeMeta(db, "scenario", JSON.stringify(scenario));
  writeMeta(db, "incarnation", uuidv7());
  writeMeta(db, "key", makeSecret());
  writeMeta(db, "planVersion", "1");
}

export function readState(db: Db): UnitState | null {
  const unit = readMeta(db, "unit");
  const text = readMeta(db, "scenario");
  if (unit === undefined || text === undefined) return null;
  const incarnation = readMeta(db, "incarnation") ?? "";
  const { scenario, mended } = mendUoms(JSON.parse(text) as Scenario);
  if (mended.length > 0) console.warn(`${unit}: acceleration in g, which is gram, is read as [g]: ${mended.join(", ")}`);
  return {
    unit,
    scenario,
    rules: bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16),
    incarnation,
    origin: `${unit}@${incarnation}` as Origin,
    key: readMeta(db, "key") ?? "",
    hub: JSON.parse(readMeta(db, "hub") ?? "null") as HubElsewhere | null,
    planVersion: Number(readMeta(db, "planVersion") ?? "1"),
  };
}

/** The unit runs another scenario from now on: what was opened of the old one is opened anew. */
export function writeScenario(db: Db, scenario: Scenario): void {
  writeMeta(db, "scenario", JSON.stringify(scenario));
  raisePlanVersion(db);
}

/** A new incarnation: this unit was restored or copied. */
export function beginLife(db: Db, state: UnitState, incarnation: string): UnitState {
  writeMeta(db, "incarnation", incarnation);
  return { ...state, incarnation, origin: `${state.unit}@${incarnation}` as Origin };
}

/** From now on the unit talks with another hub. What it has not acknowledged, and what it does not know, the protocol finds out. */
export function joinHub(db: Db, hub: HubElsewhere): void {
  writeMeta(db, "hub", JSON.stringify(hub));
  writeMeta(db, "registered", "");
}

export function raisePlanVersion(db: Db): number {
  const version = Number(readMeta(db, "planVersion") ?? "1") + 1;
  writeMeta(db, "planVersion", String(version));
  return version;
}

/** Remembers a sandbox by its name; null when there is room for it. */
export function countSandbox(db: Db, name: string): Refusal | null {
  const names = JSON.parse(readMeta(db, "sandboxes") ?? "[]") as readonly string[];
  if (names.includes(name)) return null;
  if (names.length >= SANDBOXES_MAX)
    return refuse("quota-exceeded", `at most ${SANDBOXES_MAX} sandboxes of a unit`, "make one of another unit, or use one that is there");
  writeMeta(db, "sandboxes", JSON.stringify([...names, name]));
  return null;
}
