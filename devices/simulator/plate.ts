/** What is stamped on a machine: how big it is. Drawn from its id, not from the seed of a run, so that its normal is the same in every run. */
import { between, randomOf } from "./random.ts";

export type MachineKind = "pump" | "pump-truck";

export type Plate = {
  readonly kind: MachineKind;
  /** At full load. */
  readonly currentA: number;
  readonly pressureBar: number;
  readonly flowLpm: number;
  readonly voltageV: number;
  readonly vanes: number;
  /** Vibration at full speed, amplitudes in g: what a balanced, well-mounted machine still has. */
  readonly imbalanceG: number;
  readonly misalignmentG: number;
  readonly broadbandG: number;
  /** Of the mounting foot (B) against the drive end (A). */
  readonly footShare: number;
  readonly ambientC: number;
  readonly motorRiseC: number;
  readonly fluidRiseC: number;
};

export function plateOf(device: string, kind: MachineKind): Plate {
  const random = randomOf(0, `plate/${device}`);
  const truck = kind === "pump-truck";
  return {
    kind,
    currentA: truck ? between(random, 150, 190) : between(random, 48, 90),
    pressureBar: truck ? between(random, 180, 240) : between(random, 4.5, 8),
    flowLpm: truck ? between(random, 520, 680) : between(random, 900, 1_600),
    voltageV: between(random, 376, 388),
    vanes: truck ? 9 : 6,
    imbalanceG: between(random, 0.05, 0.09) * (truck ? 2 : 1),
    misalignmentG: between(random, 0.02, 0.04) * (truck ? 2 : 1),
    broadbandG: between(random, 0.02, 0.03) * (truck ? 2 : 1),
    footShare: between(random, 0.6, 0.85),
    ambientC: between(random, 21, 27),
    motorRiseC: between(random, 38, 48),
    fluidRiseC: between(random, 20, 28),
  };
}
