/** A complaint about a machine for which there may be no ticket: which unit has the machine is looked up, and that one hears of it. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { AssetId, UnitId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import { START, writeCursor } from "../feed/cursor.ts";
import { ComplaintAsk, type ComplaintTaken, type EntityAnswer } from "../feed/view.ts";
import type { Sight } from "../merge/concern.ts";
import type { OwnWritten } from "../merge/own.ts";
import { streamObject } from "./feed-reader.ts";
import type { Stood } from "./open-stream.ts";
import { readAsAlias } from "./routes-master.ts";
import { hear } from "./routes-streams.ts";
import { settled } from "./settled.ts";

/** A thousand characters of words in any script, and the rest. */
const BODY_BYTES_MAX = 8 * 1024;
const STREAM: StreamName = "tickets";

export function complaintRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/complaints", async (c, who) => {
    const ask = await readBody(c, ComplaintAsk, BODY_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const { key, unit: named, ...said } = ask;
    const home = await homeOf(c.env, said.asset, named, who.unit);
    if (isRefusal(home)) return refused(c, home);
    const before = await attributesOf(c.env, "complaint", key, undefined);
    if (isRefusal(before)) return refused(c, before);
    if (before !== null && (before.attributes["words"]?.value !== said.words || before.attributes["asset"]?.value !== home.asset))
      return refused(c, refuse("exists", "another complaint has this key", "make a key for each complaint", "key"));
    const changes = { id: key, ...said, asset: home.asset };
    const write = {
      key: `${who.subject}/complaint/${key}`,
      entity: "complaint",
      id: key,
      changes,
      units: [home.unit],
      actor: who.subject,
      reason: "complained",
    };
    const { answer, told } = await settled(streamObject(c.env, STREAM).writeOwn(JSON.stringify(write), who.unit));
    if (isRefusal(answer)) return refused(c, answer);
    hear(c, told, STREAM);
    const { epoch, position, stable, place } = JSON.parse(answer) as OwnWritten & Stood;
    const cursor = writeCursor({ ...START, [STREAM]: place });
    return c.json({ complaint: key, asset: home.asset, unit: home.unit, stream: STREAM, epoch, position, stable, cursor } satisfies ComplaintTaken);
  });
}

/** The one unit that has the machine, which may be known under an older id. Refuses `unknown-asset`, and `malformed` where several have it and none is named. */
async function homeOf(
  env: Env,
  id: string,
  named: string | undefined,
  only: string | undefined,
): Promise<{ readonly asset: AssetId; readonly unit: UnitId } | Refusal> {
  const asset = await attributesOf(env, "asset", id, only);
  if (isRefusal(asset)) return asset;
  if (asset === null) return unknownAsset();
  const sight = JSON.parse(await streamObject(env, "assets").sightOf(JSON.stringify({ assets: [asset.id], models: [] }))) as Sight;
  const units = (sight.assets[asset.id] ?? []).filter((unit) => only === undefined || unit === only);
  const [unit] = named === undefined ? units : units.filter((one) => one === named);
  if (unit === undefined)
    return units.length === 0 ? unknownAsset() : refuse("malformed", `one of ${units.join(", ")}`, "name a unit that has the machine", "unit");
  return units.length > 1 && named === undefined
    ? refuse("malformed", `several units have this machine: ${units.join(", ")}`, "name the one that shall hear of it", "unit")
    : { asset: AssetId.parse(asset.id), unit: UnitId.parse(unit) };
}

/** As it stands; null for what is not there, or not any more. */
async function attributesOf(env: Env, entity: "asset" | "complaint", id: string, unit: string | undefined): Promise<EntityAnswer | null | Refusal> {
  const object = streamObject(env, entity === "asset" ? "assets" : STREAM);
  const text = await readAsAlias(env, entity, id, async (one) => await settled(object.entityAt(entity, one, undefined, unit)));
  if (text === null || isRefusal(text)) return text;
  const found = JSON.parse(text) as EntityAnswer;
  return found.deleted !== undefined || found.version === 0 ? null : found;
}

function unknownAsset(): Refusal {
  return refuse("unknown-asset", "no unit of this tenant has such a machine", "check the machine's id, see GET /api/snapshot?entity=asset", "asset");
}
