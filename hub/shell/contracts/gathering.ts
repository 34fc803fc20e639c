/** What a scan wants to know that lies in other objects: how entities fill their fields, what the values are like, who reads them. */
import type { StreamName } from "../../../contracts/delta/operation.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import type { World } from "../../registry/impact.ts";
import { streamObject } from "../feed-reader.ts";
import type { QualityAsk, QualityReply } from "../quality/answering.ts";
import { settled } from "../settled.ts";
import { readListeners } from "./listeners.ts";

export type Live = QualityReply["use"];
/** `live`: by subject; those that could not be asked are `unasked`. `listeners`: null when they could not be asked. `followers`: names of those who read everything of a subject's stream. */
export type Gathered = {
  readonly live: ReadonlyMap<string, Live>;
  readonly unasked: readonly string[];
  readonly listeners: World["consumers"] | null;
  readonly nameOf: (token: string) => string;
};

/** One subject after another: what a stream answers of one is up to some MB, and pushes come between. */
export async function gather(env: Env, subjects: readonly { readonly subject: string; readonly stream: StreamName }[]): Promise<Gathered> {
  const [listeners, names] = await Promise.all([readListeners(env), readNames(env)]);
  const live = new Map<string, Live>();
  const unasked: string[] = [];
  for (const { subject, stream } of subjects) {
    const use = await readUse(env, stream, subject);
    if (use === null) unasked.push(subject);
    else live.set(subject, use);
  }
  return { live, unasked, listeners, nameOf: (token) => names[token] ?? "a reader of the feed" };
}

async function readUse(env: Env, stream: StreamName, subject: string): Promise<Live | null> {
  try {
    const answer = await settled(streamObject(env, stream).quality(JSON.stringify({ ask: "use", subject } satisfies QualityAsk)));
    return isRefusal(answer) ? null : (JSON.parse(answer) as Live);
  } catch (error) {
    console.error(`scan: ${stream} could not be asked of ${subject}`, error);
    return null;
  }
}

async function readNames(env: Env): Promise<Readonly<Record<string, string>>> {
  try {
    return (JSON.parse(await streamObject(env, "registry").words()) as { readonly names: Readonly<Record<string, string>> }).names;
  } catch {
    return {};
  }
}
