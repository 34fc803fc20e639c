/** One value across one field of a bridge and back again, by the rules that cross in earnest. Pure. */
import { type Json, sameJson } from "../../../contracts/delta/json.ts";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import { type Field, comesIn, goesOut } from "../../bridge/bridge.ts";
import { type Fields, pathOf, written } from "../../bridge/place.ts";
import { back, forth } from "../../bridge/value.ts";

type Crossed = { readonly value: Json } | Refusal;
/** `again`: null where nothing came across, or the field goes one way. */
export type Tried = { readonly there: Crossed; readonly again: Crossed | null; readonly same: boolean };
/** What an expression reads beside the value. */
export type Rest = { readonly ours?: Fields; readonly joined?: Fields; readonly theirs?: Fields };

/** Null: the field does not go that way. */
export function tryValue(field: Field, from: "ours" | "theirs", value: Json, rest: Rest): Tried | null {
  const out = (one: Json): Crossed => {
    const [attr = ""] = field.ours.split("/");
    const ours = field.ours.includes("/") ? (rest.ours ?? {}) : written(rest.ours ?? {}, pathOf(attr), one);
    return one === null ? { value: field.absent?.theirs ?? null } : forth(field.by, one, ours, rest.joined ?? {});
  };
  const home = (one: Json): Crossed =>
    one === null ? { value: field.absent?.ours ?? null } : back(field.by, one, written(rest.theirs ?? {}, pathOf(field.theirs), one));
  const [go, come] = from === "ours" ? [out, home] : [home, out];
  const [goes, comes] = from === "ours" ? [goesOut(field), comesIn(field)] : [comesIn(field), goesOut(field)];
  if (!goes) return null;
  const there = go(value);
  const again = isRefusal(there) || !comes ? null : come(there.value);
  return { there, again, same: again !== null && !isRefusal(again) && sameJson(again.value, value) };
}

/** What somebody typed: JSON where it is some, otherwise the text as it stands. */
export function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Undefined: no object. */
export function readRest(text: string): Rest | undefined {
  if (text.trim() === "") return {};
  const read = readValue(text);
  return typeof read === "object" && read !== null && !Array.isArray(read) ? read : undefined;
}
