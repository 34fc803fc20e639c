/**
 * Looks through a Modbus server within bounds: which addresses answer, and what may be in them. Only reads; one question at a time.
 *
 *   range ─▶ blocks of 125 ─▶ refused? halves, down to single addresses ─▶ runs that answer ─▶ read again ─▶ guesses ─▶ proposal
 */
import { z } from "zod";
import { channelOf, propose, type Candidate, type Proposal } from "../proposal.ts";
import { type Guess, guess } from "./guess.ts";
import { ANSWER_MS, isException, messageOf, openLine, type Line } from "./line.ts";
import { ADDRESS_MAX, isBits, serverFields, Table, type RegisterType } from "./map.ts";
import { MODBUS_PORT } from "./poll.ts";
import { BITS_MAX, REGISTERS_MAX } from "./reading.ts";

/** Questions of one browse: a controller that answers in 10 ms is looked through in less than a minute. */
export const QUESTIONS_MAX = 5_000;
/** Addresses that a table is looked through by itself: where manuals begin. */
const UNTIL = 999;
/** From the first look to the second: most of what moves at all has moved. */
const AGAIN_MS = 1_000;
const EVERY_MS = 1_000;
const ILLEGAL_FUNCTION = 1;

/** What else a configuration says, it may say here too: one file for looking and for running. */
export const ModbusBrowse = z.object({
  ...serverFields,
  unitId: z.int().min(0).max(255).optional(),
  tables: z.array(Table).min(1).optional(),
  from: z.int().min(0).max(ADDRESS_MAX).optional(),
  to: z.int().min(0).max(ADDRESS_MAX).optional(),
  againMs: z.int().min(0).max(60_000).optional(),
});
export type ModbusBrowse = z.infer<typeof ModbusBrowse>;

type Run = { readonly address: number; readonly words: readonly number[] };

/** Rejects when the server is not there. Null: nothing answered, or all of it was 0. `wait` is for tests. */
export async function browseModbus(asked: ModbusBrowse, wait: (ms: number) => Promise<void> = sleep): Promise<Proposal | null> {
  const { host, port = MODBUS_PORT, timeoutMs = ANSWER_MS, unitId = 1, tables = Table.options, from = 0, to = UNTIL, againMs = AGAIN_MS } = asked;
  let line = await openLine({ host, port, timeoutMs });
  const left = { questions: QUESTIONS_MAX };
  const found: Candidate[] = [];
  const notes: string[] = [];
  try {
    for (const table of tables) {
      try {
        const seen = await lookThrough(line, unitId, table, { from, to, left, pause: () => wait(againMs) });
        found.push(...seen.found);
        if (seen.note !== null) notes.push(seen.note);
      } catch (error) {
        // Some servers are silent where they have nothing: what else they have is looked at on another line.
        notes.push(`${table}: left after no answer (${messageOf(error)})`);
        line = await openLine({ host, port, timeoutMs });
      }
    }
  } finally {
    line.close();
  }
  if (left.questions === 0) notes.push(`stopped after ${QUESTIONS_MAX} questions: give a narrower range by from, to and tables`);
  notes.push("Modbus says neither types nor uoms: what stands here is what is plausible; the manual decides. What was 0 at both looks is left out");
  return propose("modbus", `Modbus ${host}:${port}/${unitId}`, EVERY_MS, found, notes);
}

type Bounds = { readonly from: number; readonly to: number; readonly left: { questions: number }; pause(): Promise<void> };

async function lookThrough(
  line: Line,
  unitId: number,
  table: Table,
  { from, to, left, pause }: Bounds,
): Promise<{ readonly found: readonly Candidate[]; readonly note: string | null }> {
  const runs = await runsOf(line, unitId, table, from, to, left);
  if (runs.length === 0) return { found: [], note: null };
  await pause();
  const found: Candidate[] = [];
  for (const run of runs) {
    const again = await reread(line, unitId, table, run);
    const guesses = isBits(table) ? bitsOf(run) : guess(run.words, again);
    found.push(...guesses.map((one) => candidateOf(table, { ...one, at: run.address + one.at })));
  }
  return { found, note: `${table}: ${runs.map(({ address, words }) => `${address} to ${address + words.length - 1}`).join(", ")} answer` };
}

async function runsOf(line: Line, unitId: number, table: Table, from: number, to: number, left: { questions: number }): Promise<readonly Run[]> {
  const runs: { readonly address: number; words: readonly number[] }[] = [];
  const most = isBits(table) ? BITS_MAX : REGISTERS_MAX;
  const ranges: (readonly [address: number, count: number])[] = [];
  for (let address = from; address <= to; address += most) ranges.push([address, Math.min(most, to - address + 1)]);
  for (let range = ranges.shift(); range !== undefined && left.questions > 0; range = ranges.shift()) {
    const [address, count] = range;
    left.questions -= 1;
    const words = await line.read(unitId, table, address, count);
    if (!isException(words)) {
      const last = runs.at(-1);
      if (last !== undefined && last.address + last.words.length === address) last.words = [...last.words, ...words];
      else runs.push({ address, words });
      continue;
    }
    if (words.exception === ILLEGAL_FUNCTION) return runs;
    const half = Math.floor(count / 2);
    if (half > 0) ranges.unshift([address, half], [address + half, count - half]);
  }
  return runs;
}

/** The run as it is now; where an answer is refused this time, as it was. */
async function reread(line: Line, unitId: number, table: Table, { address, words }: Run): Promise<readonly number[]> {
  const most = isBits(table) ? BITS_MAX : REGISTERS_MAX;
  const again: number[] = [];
  for (let at = 0; at < words.length; at += most) {
    const piece = words.slice(at, at + most);
    const answer = await line.read(unitId, table, address + at, piece.length);
    again.push(...(isException(answer) ? piece : answer));
  }
  return again;
}

function bitsOf({ words }: Run): readonly Guess[] {
  return words.flatMap((word, at) => (word === 0 ? [] : [{ at, type: "bit" as const, order: "abcd" as const, values: [word, word] as const }]));
}

function candidateOf(table: Table, { at, type, order, values }: Guess): Candidate {
  const [min, max] = rangeOf(type);
  const [first, later] = values;
  return {
    channel: channelOf([table, String(at)]),
    title: `${table} ${at}`,
    uom: "1",
    min,
    max,
    binding: { table, address: at, ...(type === "bit" ? {} : { type }), ...(order === "abcd" ? {} : { order }) },
    why: first === later ? `${type}: ${first}, unchanged` : `${type}: ${first}, then ${later}`,
  };
}

function rangeOf(type: RegisterType): readonly [number, number] {
  if (type === "bit") return [0, 1];
  if (type === "int16") return [-32_768, 32_767];
  return type === "uint16" ? [0, 65_535] : [-1e9, 1e9];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
