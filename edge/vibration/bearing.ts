/**
 * How often the parts of a rolling bearing strike a fault, in Hz, from geometry and speed, with the outer ring at rest and no slip:
 * R. B. Randall, J. Antoni, Rolling element bearing diagnostics, a tutorial, MSSP 25 (2011), equations 1 to 4; as in ISO 13373-3, annex.
 * Real ones slip by one or two per cent.
 */
import type { BearingGeometry } from "../../contracts/burst.ts";

/** `bpfo` and `bpfi`: a rolling element passes a point of the outer and of the inner ring; `bsf`: a point of it meets the same ring again; `ftf`: the cage goes round. */
export type FaultHz = { readonly bpfo: number; readonly bpfi: number; readonly bsf: number; readonly ftf: number };

export function faultHzOf({ rpm, rollers, rollerMm, pitchMm, contactDeg }: BearingGeometry): FaultHz {
  const shaft = rpm / 60;
  const ratio = (rollerMm / pitchMm) * Math.cos((contactDeg * Math.PI) / 180);
  return {
    bpfo: ((rollers * shaft) / 2) * (1 - ratio),
    bpfi: ((rollers * shaft) / 2) * (1 + ratio),
    bsf: ((shaft * pitchMm) / (2 * rollerMm)) * (1 - ratio ** 2),
    ftf: (shaft / 2) * (1 - ratio),
  };
}
