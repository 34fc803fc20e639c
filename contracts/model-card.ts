/** A model as a thing: one graph, and the card that says what it is, what it was made from and what it is worth. */
import { z } from "zod";
import { ModelHash } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings } from "./meaning.ts";
import { JudgePolicy } from "./scenario.ts";

/** One graph. The largest time-series and text models that fit into an object's memory several times; the shipped ones are below 100 KiB. */
export const MODEL_BYTES_MAX = 16 * 1024 * 1024;
/** Uploaded models that a unit keeps; when there is one more, the oldest that no profile runs or ran last goes. */
export const MODELS_MAX = 16;
/** A card as JSON text: figures of some hundred folds have room. */
export const CARD_CHARS_MAX = 64 * 1024;

export const ModelKind = meanings({
  scores: "rows of channels in, a score and its shares out",
  wear: "slow wear in, time to a threshold out",
  text: "words in, a vector out",
});
export type ModelKind = z.infer<typeof ModelKind>;

const text = (max: number) => z.string().min(1).max(max);
const Plain = z.union([z.number(), z.string(), z.boolean(), z.null()]);
/** A figure, some of them, or some by name: fold by fold, say. */
const Figure = z.union([Plain, z.array(Plain), z.record(z.string(), z.union([Plain, z.array(Plain)]))]);
/** Name of a tensor → its dimensions: numbers, `B` for the batch, `C` for the channels. */
const Tensors = z.record(text(64), z.array(z.union([z.number().int().min(1), text(16)])).max(4));

/** What a model wants of the judge where it is another than the scenario's; and for how many rows of a device it says nothing yet. */
export const ModelJudge = JudgePolicy.pick({ onScore: true, offScore: true, onDelayMs: true, offDelayMs: true })
  .extend({ warmRows: z.number().int().min(0).max(100_000) })
  .partial();
export type ModelJudge = z.infer<typeof ModelJudge>;

/** As it lies beside the file. Fields that this version does not know are passed over. */
export const ModelCard = z.object({
  name: text(63),
  version: z.number().int().min(1),
  sha256: ModelHash,
  bytes: z.number().int().min(1).max(MODEL_BYTES_MAX),
  /** Absent: `scores`. */
  kind: ModelKind.optional(),
  title: text(300),
  /** What it was made from, and what of it was looked at. */
  data: text(2000),
  settings: z.record(z.string(), Figure).optional(),
  /** Figures by name; cross-validated ones say so in their name. */
  metrics: z.record(z.string(), Figure),
  judge: ModelJudge.optional(),
  /** How often an alarm of such a score was true on series that took no part, rising. Absent: by `metrics`. */
  calibration: z
    .array(z.object({ score: z.number().min(0).max(1), chance: z.number().min(0).max(1) }))
    .max(32)
    .optional(),
  opset: z.number().int().min(1).optional(),
  inputs: Tensors,
  outputs: Tensors,
  states: z.array(text(64)).max(64).optional(),
  /** The program and its versions, or the unit, that made it. */
  trainedWith: text(300).optional(),
  licence: text(100).optional(),
  createdAt: Instant.optional(),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** How many channels its rows have. Null: any number. */
export function channelsOfCard(card: ModelCard): number | null {
  const width = card.inputs["x"]?.[1];
  return typeof width === "number" ? width : null;
}
