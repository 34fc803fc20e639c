/**
 * A sandbox in its first form: an independent unit with the scenario, the state and the recent telemetry of its source. Everything is
 * copied, nothing is shared: other objects, other secrets, no connectors, no line to the hub.
 */
import type { Scenario } from "../../contracts/scenario.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { addSimulation, type Simulated } from "./simulation.ts";
import { intakeNamed, unitNamed } from "./stubs.ts";

/** Chunks of one copy: with 500 rows or 1 MiB each, far above what one object's storage holds. */
const CHUNKS_MAX = 20_000;

export type Sandbox = {
  readonly unit: string;
  readonly path: string;
  readonly rows: number;
  readonly simulated: boolean;
  readonly devices: Simulated["devices"];
};

export async function makeSandbox(env: Env, source: string, name: string): Promise<Sandbox | Refusal> {
  const from = unitNamed(env, source);
  const to = unitNamed(env, name);
  const head = await from.exportUnit(0);
  if (isRefusal(head)) return head;
  const { scenario, chunk } = head as { scenario: Scenario; chunk: { next: number | null } };
  if (scenario === undefined || chunk === undefined) return refuse("unknown-unit", "a unit that was created here", "check its name", "unit");
  const made = await to.create(name, scenario);
  if (isRefusal(made)) return made;

  // The Intake first, which hands over what it has found before it is copied; the copied unit then takes up its numbering.
  const intake = await copyIntake(env, source, name);
  const rows = await copyUnit(env, source, name, { 0: intake.through });
  await intakeNamed(env, name).refresh(0);
  const simulated = await addSimulation(env, name);
  const link = await to.addLink("operations", "operations");
  return {
    unit: name,
    path: isRefusal(link) ? `/u/${name}` : `/enter/${name}/${(link as { code: string }).code}`,
    rows: rows + intake.rows,
    simulated: simulated.running,
    devices: simulated.devices,
  };
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

async function copyUnit(env: Env, source: string, name: string, through: Readonly<Record<number, number>>): Promise<number> {
  const [from, to] = [unitNamed(env, source), unitNamed(env, name)];
  let after = 0;
  let rows = 0;
  for (let i = 0; i < CHUNKS_MAX; i++) {
    const part = await from.exportUnit(after);
    if (isRefusal(part)) throw new Error(`unit ${source} went away while it was copied`);
    const no = await to.importUnit(part.chunk, through);
    if (isRefusal(no)) throw new Error(`sandbox ${name}: ${no.rule}`);
    rows += part.chunk.entities.length;
    if (part.chunk.next === null) return rows;
    after = part.chunk.next;
  }
  throw new Error(`unit ${source} did not end within ${CHUNKS_MAX} chunks`);
}
