/** How a command ends and what it says: results on standard output, progress on standard error, exit 2 for bad usage, 1 for a failed job. */
import { isRefusal } from "../../contracts/refusal.ts";
import type { Refusal } from "../../contracts/refusal.ts";

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

type Ending = Error & { readonly exitCode: number };

/** Bad usage: said in one line, exit 2. */
export function usage(line: string): Ending {
  return Object.assign(new Error(line), { exitCode: EXIT_USAGE });
}

/** A job that could not be done: exit 1. */
export function failure(line: string): Ending {
  return Object.assign(new Error(line), { exitCode: EXIT_FAILED });
}

/** A job that was refused, said in `line`; `refusalOf` finds the refusal again. */
export function refusedJob(refusal: Refusal, line = refusalLine(refusal)): Ending {
  return Object.assign(new Error(line, { cause: refusal }), { exitCode: EXIT_FAILED });
}

const AWAY = "away";

/** A job for a server that does not answer. */
export function unanswered(line: string): Ending {
  return Object.assign(new Error(line, { cause: AWAY }), { exitCode: EXIT_FAILED });
}

/** Whether the same question may be answered later. */
export function isAway(error: unknown): boolean {
  return refusalOf(error)?.refused === "unavailable" || (error instanceof Error && error.cause === AWAY);
}

export function refusalOf(error: unknown): Refusal | null {
  return error instanceof Error && isRefusal(error.cause) ? error.cause : null;
}

export function refusalLine(refusal: Refusal): string {
  return `${refusal.field === undefined ? "" : `${refusal.field}: `}${refusal.rule}; ${refusal.mend} (${refusal.refused})`;
}

export function exitCodeOf(error: unknown): number {
  return error instanceof Error && "exitCode" in error && typeof error.exitCode === "number" ? error.exitCode : EXIT_FAILED;
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The last line of standard output under `--json`. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
