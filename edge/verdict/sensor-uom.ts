/** In which other units of measure a sensor may come to speak: what a value of the channel's uom becomes in each. From the table of units. */
import { convert, dimensionOf } from "../../contracts/uom.ts";
import { isRefusal } from "../../contracts/refusal.ts";

/** A value in the channel's uom times `a` plus `b` is the same quantity in `uom`. */
export type OtherUom = { readonly uom: string; readonly a: number; readonly b: number };

/** What instruments of machines can be set to. */
const IN_USE = [
  "mm/s cm/s m/s um/s [in_i]/s [ft_i]/min",
  "bar mbar Pa kPa MPa [psi] m[H2O] mm[Hg]",
  "Cel [degF] K",
  "L/min L/s L/h m3/h m3/s [gal_us]/min [gal_br]/min [cft_i]/min",
  "m/s2 mm/s2 [g] m[g]",
  "A mA kA V mV kV W kW MW [HP]",
  "mm um cm m [in_i] [mil_i] [ft_i]",
  "Hz kHz /min N kN [lbf_av] N.m kN.m kg t [lb_av] L m3 [gal_us] kW.h MJ",
  "% 1 [ppm]",
].flatMap((line) => line.split(" "));
/** A factor nearer to 1 than this can't be told from a change of load: bar and atm, yard and metre. */
const FACTOR_MIN = 1.25;

/** All units in use of the same dimension that can be told from `uom`, each once. Empty for a code that is not known. */
export function otherUoms(uom: string): readonly OtherUom[] {
  const dimension = dimensionOf(uom);
  const found: OtherUom[] = [];
  for (const code of dimension === null ? [] : IN_USE) {
    if (code === uom || dimensionOf(code) !== dimension) continue;
    const [zero, one] = [convert(0, uom, code), convert(1, uom, code)];
    if (isRefusal(zero) || isRefusal(one)) continue;
    const [a, b] = [one - zero, zero];
    const isFar = Math.max(a, 1 / a) >= FACTOR_MIN || b !== 0;
    if (isFar && !found.some((other) => Math.abs(other.a / a - 1) < 0.01 && other.b === b)) found.push({ uom: code, a, b });
  }
  return found;
}
