/** Which majors of its contracts a unit has spoken, kept with it: a release that speaks newer ones puts everything into their words, once, before anything else. */
import { z } from "zod";
import { majorOf } from "../../contracts/contract.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { type Upgraded, upgradeUnit } from "../delta/upgrade.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

const NAMES = Object.keys(FAMILIES) as [Family, ...Family[]];
const Majors = z.partialRecord(z.enum(NAMES), z.number());

/** Inside a transaction, with each opening. A unit that never said what it spoke is of before there was a second major. */
export function speakNewest(db: Db, upgraded: Upgraded): void {
  const now = Object.fromEntries(NAMES.map((family) => [family, majorOf(family)]));
  const text = JSON.stringify(now);
  const kept = readMeta(db, "majors");
  if (kept === text) return;
  for (const { entity, id } of upgradeUnit(upgraded, kept === undefined ? {} : Majors.parse(JSON.parse(kept)), now))
    console.error(`${entity} ${id} can't be said in the words of ${entity}@${now[entity]}`);
  writeMeta(db, "majors", text);
}
