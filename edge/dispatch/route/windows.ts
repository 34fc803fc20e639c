/** When a node may begin, by its windows. */
import type { Model } from "./model.ts";

/** The first instant from `time` on at which the node may begin; −1 when there is none. */
export function earliestStart(model: Model, node: number, time: number): number {
  if (time > model.to[node]!) return -1;
  const end = model.windowsAt[node + 1]!;
  let at = model.windowsAt[node]!;
  if (at === end) return time > model.from[node]! ? time : model.from[node]!;
  while (at < end && model.windows[at + 1]! < time) at += 2;
  return at === end ? -1 : Math.max(time, model.windows[at]!);
}

/** The last instant until `time` at which the node may begin; −1 when there is none. */
export function latestStart(model: Model, node: number, time: number): number {
  if (time < model.from[node]!) return -1;
  let at = model.windowsAt[node + 1]! - 2;
  const first = model.windowsAt[node]!;
  if (at < first) return time < model.to[node]! ? time : model.to[node]!;
  while (at >= first && model.windows[at]! > time) at -= 2;
  return at < first ? -1 : Math.min(time, model.windows[at + 1]!);
}
