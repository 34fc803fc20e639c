/** Waits for a condition, and complains when it does not come. */
import { setTimeout as wait } from "node:timers/promises";
import { failure } from "../cli/outcome.ts";

const LOOK_MS = 50;

export async function until(withinMs: number, complaint: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + withinMs; !(await isSo()); await wait(LOOK_MS)) if (Date.now() > end) throw failure(complaint);
}
