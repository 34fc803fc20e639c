/** The encoder of notes that ships with the Worker, opened when words are first compared: most objects never ask for it. */
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { type Encoder, loadEncoder } from "../text/encoder.ts";
import encoder from "../text/models/encoder.onnx";
import pieces from "../text/models/vocabulary.json";
import { vocabularyOf } from "../text/tokens.ts";
import { textRuntime } from "./onnx.ts";

let opened: Promise<Encoder | Refusal> | null = null;

/** Throws where the file that ships is no encoder: a test holds that it is. */
export async function openEncoder(): Promise<Encoder> {
  opened ??= loadEncoder(textRuntime, new Uint8Array(encoder), vocabularyOf(pieces));
  const found = await opened;
  if (isRefusal(found)) throw new Error(`${found.rule}: ${found.mend}`);
  return found;
}
