/** `build`: the pages and all Workers, where their sources changed. The other verbs do so by themselves. */
import { build } from "../server/build.ts";
import { progress } from "./outcome.ts";

export async function buildAll(): Promise<void> {
  const built = await build(["web", "embedded", "hub", "edge"], progress);
  if (built.length === 0) progress("everything is built");
}
