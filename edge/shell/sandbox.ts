/**
 * A sandbox in its first form: an independent unit with the scenario, the state and the recent telemetry of its source. Everything is
 * copied, nothing is shared: other objects, other secrets, no connectors, no line to the hub.
 */
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { addSimulation, type Simulated } from "./simulation.ts";
import { intakeNamed, unitNamed } from "./stubs.ts";
import type { UnitChunk } from "./unit-copy.ts";

/** Chunks of one copy: with 500 rows or 1 MiB each, far above what one object's storage holds. */
const CHUNKS_MAX = 20_000;
/** Chunks of a unit held at once on their way: 16 MiB each, half of what a Worker has. */
const UNIT_CHUNKS_MAX = 4;
/** A unit larger than one chunk may change between two of them. */
const ATTEMPTS_MAX = 5;

export type Sandbox = {
  readonly unit: string;
  readonly path: string;
  readonly rows: number;
  readonly simulated: boolean;
  readonly devices: Simulated["devices"];
};

/** Refuses `unknown-unit`, `exists`, `quota-exceeded`, and `unavailable` when the source takes in too much to be copied as of one instant. */
export async function makeSandbox(env: Env, source: string, name: string): Promise<Sandbox | Refusal> {
  const from = unitNamed(env, source);
  const to = unitNamed(env, name);
  const scenario = await from.sandboxScenario(name);
  if (isRefusal(scenario)) return scenario;
  const made = await to.create(name, scenario);
  if (isRefusal(made)) return made;

  // The Intake first, which hands over what it has found before it is copied; the copied unit then takes up its numbering.
  const intake = await copyIntake(env, source, name);
  const chunks = await snapshot(env, source);
  if (isRefusal(chunks)) return chunks;
  for (const chunk of chunks) {
    const no = await to.importUnit(chunk, { 0: intake.through });
    if (isRefusal(no)) return no;
  }
  await intakeNamed(env, name).refresh(0);
  const simulated = await addSimulation(env, name);
  const link = await to.addLink("operations", "operations");
  return {
    unit: name,
    path: isRefusal(link) ? `/u/${name}` : `/enter/${name}/${(link as { code: string }).code}`,
    rows: chunks.reduce((sum, chunk) => sum + chunk.entities.length, intake.rows),
    simulated: simulated.running,
    devices: simulated.devices,
  };
}

/** The source as of one instant: begun again when it took something in between two chunks. */
async function snapshot(env: Env, source: string): Promise<readonly UnitChunk[] | Refusal> {
  const from = unitNamed(env, source);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const chunks: UnitChunk[] = [];
    let began: number | null = null;
    for (let after: number | null = 0; after !== null;) {
      const part: Awaited<ReturnType<typeof from.exportUnit>> = await from.exportUnit(after);
      if (isRefusal(part)) return part;
      began ??= part.inputs;
      if (part.inputs !== began) break;
      chunks.push(part.chunk);
      after = part.chunk.next;
      if (after === null) return chunks;
      if (chunks.length === UNIT_CHUNKS_MAX) return refuse("too-large", `a unit of at most ${UNIT_CHUNKS_MAX * 16} MiB`, "archive finished work first");
    }
  }
  return refuse("unavailable", "a source that stands still for the moment of the copy", "try again when less is going on");
}

async function copyIntake(env: Env, source: string, name: string): Promise<{ readonly rows: number; readonly through: number }> {
  const [from, to] = [intakeNamed(env, source), intakeNamed(env, name)];
  let after: string | undefined;
  let rows = 0;
  let through: number | null = null;
  for (let i = 0; i < CHUNKS_MAX; i++) {
    const chunk = await from.exportState(after);
    through = through ?? chunk.through;
    rows += chunk.rows.length;
    await to.importState(chunk);
    if (chunk.next === null) return { rows, through: through ?? 0 };
    after = chunk.next;
  }
  throw new Error(`the intake of ${source} did not end within ${CHUNKS_MAX} chunks`);
}
