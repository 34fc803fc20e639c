/** The encoder of notes in Node: the runtime that scorers have there. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { type Encoder, loadEncoder } from "../../edge/text/encoder.ts";
import { vocabularyOf } from "../../edge/text/tokens.ts";
import { inTurn } from "../../edge/verdict/model.ts";
import { runtime } from "./onnx-node.ts";

const shipped = (name: string): string => fileURLToPath(new URL(`../../edge/text/models/${name}`, import.meta.url));

/** The one that ships. Throws where it is none. */
export async function openShippedEncoder(): Promise<Encoder> {
  const pieces = z.array(z.string()).parse(JSON.parse(await readFile(shipped("vocabulary.json"), "utf8")));
  const encoder = await loadEncoder({ ...runtime, inTurn }, await readFile(shipped("encoder.onnx")), vocabularyOf(pieces));
  if (isRefusal(encoder)) throw new Error(`${encoder.rule}: ${encoder.mend}`);
  return encoder;
}
