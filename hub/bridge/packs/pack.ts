/** A pack: the bridges of one system ready to publish, with the schemas of the objects that they speak of. */
import type { Bridge } from "../bridge.ts";
import type { Schema } from "../shape.ts";

export type Pack = { readonly system: string; readonly objects: Readonly<Record<string, Schema>>; readonly bridges: readonly Bridge[] };
