/** Where the repository's parts lie, wherever the command was started from. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const DIST = join(ROOT, "dist");
export const PAGES = join(DIST, "web");

/** Embedded: hub and edge in one Worker. Hub and edge: the two deployable Workers. */
export type Layout = "embedded" | "hub" | "edge";

export function bundleOf(layout: Layout): string {
  return join(DIST, "worker", layout);
}
