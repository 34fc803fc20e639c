/**
 * Units of measure as UCUM defines them: each symbol is a number of something above it, down to UCUM's base units.
 * Source: the Unified Code for Units of Measure, tables 2 to 22, https://ucum.org/ucum (version 2.2); symbols and values as there.
 * The ones that machines in the field, their manuals and CRM, ERP and WMS records use; those of the clinic are left out.
 */

/**
 * UCUM §28: metre, second, gram, radian, kelvin, coulomb, candela. A dimension is the list of their exponents, in this order.
 * The mole, a pure number to UCUM, stands among them, so that a percentage can't pass for an amount of substance.
 */
export const BASE = ["m", "s", "g", "rad", "K", "C", "cd", "mol"] as const;

/** UCUM §27 and §49, by symbol. */
export const PREFIXES: Readonly<Record<string, number>> = {
  Y: 1e24,
  Z: 1e21,
  E: 1e18,
  P: 1e15,
  T: 1e12,
  G: 1e9,
  M: 1e6,
  k: 1e3,
  h: 1e2,
  da: 1e1,
  d: 1e-1,
  c: 1e-2,
  m: 1e-3,
  u: 1e-6,
  n: 1e-9,
  p: 1e-12,
  f: 1e-15,
  a: 1e-18,
  z: 1e-21,
  y: 1e-24,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Symbols that take a prefix (`metric`): symbol, number, of what. Each line uses only lines above it, in whichever list. */
export type Definition = readonly [symbol: string, metric: boolean, value: number, of: string];

const metric = (symbol: string, value: number, of: string): Definition => [symbol, true, value, of];
const plain = (symbol: string, value: number, of: string): Definition => [symbol, false, value, of];

export const DEFINITIONS: readonly Definition[] = [
  // Numbers, §29.
  plain("10*", 10, "1"),
  plain("10^", 10, "1"),
  plain("[pi]", Math.PI, "1"),
  plain("%", 1, "10*-2"),
  plain("[ppth]", 1, "10*-3"),
  plain("[ppm]", 1, "10*-6"),
  plain("[ppb]", 1, "10*-9"),
  plain("[pptr]", 1, "10*-12"),
  // The International System, §30.
  metric("sr", 1, "rad2"),
  metric("Hz", 1, "s-1"),
  metric("N", 1, "kg.m/s2"),
  metric("Pa", 1, "N/m2"),
  metric("J", 1, "N.m"),
  metric("W", 1, "J/s"),
  metric("A", 1, "C/s"),
  metric("V", 1, "J/C"),
  metric("F", 1, "C/V"),
  metric("Ohm", 1, "V/A"),
  metric("S", 1, "Ohm-1"),
  metric("Wb", 1, "V.s"),
  metric("T", 1, "Wb/m2"),
  metric("H", 1, "Wb/A"),
  metric("lm", 1, "cd.sr"),
  metric("lx", 1, "lm/m2"),
  metric("Bq", 1, "s-1"),
  metric("Gy", 1, "J/kg"),
  metric("Sv", 1, "J/kg"),
  // Beside it, §31.
  plain("deg", 2, "[pi].rad/360"),
  plain("gon", 0.9, "deg"),
  plain("'", 1, "deg/60"),
  plain("''", 1, "'/60"),
  metric("l", 1, "dm3"),
  metric("L", 1, "l"),
  metric("ar", 100, "m2"),
  plain("min", 60, "s"),
  plain("h", 60, "min"),
  plain("d", 24, "h"),
  plain("wk", 7, "d"),
  plain("a_j", 365.25, "d"),
  plain("a", 1, "a_j"),
  plain("mo_j", 1, "a_j/12"),
  plain("mo", 1, "mo_j"),
  metric("t", 1e3, "kg"),
  metric("bar", 1e5, "Pa"),
  metric("eV", 1.60217733e-19, "J"),
  // Constants that are used as units, §32.
  metric("[c]", 299_792_458, "m/s"),
  metric("[g]", 9.80665, "m/s2"),
  metric("gf", 1, "g.[g]"),
  // Centimetre, gram, second, §33.
  metric("dyn", 1, "g.cm/s2"),
  metric("erg", 1, "dyn.cm"),
  metric("P", 1, "dyn.s/cm2"),
  metric("St", 1, "cm2/s"),
  metric("G", 1e-4, "T"),
  // International and United States customary, §34 to §39.
  plain("[in_i]", 2.54, "cm"),
  plain("[mil_i]", 1e-3, "[in_i]"),
  plain("[ft_i]", 12, "[in_i]"),
  plain("[yd_i]", 3, "[ft_i]"),
  plain("[mi_i]", 5280, "[ft_i]"),
  plain("[nmi_i]", 1852, "m"),
  plain("[kn_i]", 1, "[nmi_i]/h"),
  plain("[sin_i]", 1, "[in_i]2"),
  plain("[sft_i]", 1, "[ft_i]2"),
  plain("[cin_i]", 1, "[in_i]3"),
  plain("[cft_i]", 1, "[ft_i]3"),
  plain("[gal_us]", 231, "[in_i]3"),
  plain("[qt_us]", 1, "[gal_us]/4"),
  plain("[pt_us]", 1, "[qt_us]/2"),
  plain("[bbl_us]", 42, "[gal_us]"),
  plain("[gal_br]", 4.54609, "l"),
  plain("[gr]", 64.79891, "mg"),
  plain("[lb_av]", 7000, "[gr]"),
  plain("[oz_av]", 1, "[lb_av]/16"),
  plain("[ston_av]", 2000, "[lb_av]"),
  plain("[lton_av]", 2240, "[lb_av]"),
  plain("[lbf_av]", 1, "[lb_av].[g]"),
  // Pressure, temperature, heat and power, §30, §41 to §43.
  plain("atm", 101_325, "Pa"),
  plain("att", 1, "kgf/cm2"),
  plain("[psi]", 1, "[lbf_av]/[in_i]2"),
  metric("m[H2O]", 9.80665, "kPa"),
  metric("m[Hg]", 133.322, "kPa"),
  plain("[in_i'H2O]", 1, "m[H2O].[in_i]/m"),
  plain("[in_i'Hg]", 1, "m[Hg].[in_i]/m"),
  plain("[degR]", 5, "K/9"),
  metric("cal_IT", 4.1868, "J"),
  metric("cal_th", 4.184, "J"),
  metric("cal", 1, "cal_th"),
  plain("[Btu_IT]", 1.05505585262, "kJ"),
  plain("[Btu_th]", 1.05435, "kJ"),
  plain("[Btu]", 1, "[Btu_th]"),
  plain("[HP]", 550, "[ft_i].[lbf_av]/s"),
  // Information, §47.
  metric("bit", 1, "1"),
  metric("By", 8, "bit"),
];

/** A scale that is not a ratio (§21): `toProper` gives the number of `of` that a value on it means, `fromProper` the way back. */
export type Scale = {
  readonly symbol: string;
  readonly metric: boolean;
  readonly of: string;
  readonly toProper: (value: number) => number;
  readonly fromProper: (proper: number) => number;
};

const lg = (symbol: string, of: string): Scale => ({ symbol, metric: true, of, toProper: (v) => 10 ** v, fromProper: Math.log10 });
const lgTimes2 = (symbol: string, of: string): Scale => ({ symbol, metric: true, of, toProper: (v) => 10 ** (v / 2), fromProper: (p) => 2 * Math.log10(p) });

export const SCALES: readonly Scale[] = [
  { symbol: "Cel", metric: true, of: "K", toProper: (v) => v + 273.15, fromProper: (p) => p - 273.15 },
  { symbol: "[degF]", metric: false, of: "K", toProper: (v) => ((v + 459.67) * 5) / 9, fromProper: (p) => (p * 9) / 5 - 459.67 },
  { symbol: "[degRe]", metric: false, of: "K", toProper: (v) => v * 1.25 + 273.15, fromProper: (p) => (p - 273.15) * 0.8 },
  { symbol: "[pH]", metric: false, of: "mol/l", toProper: (v) => 10 ** -v, fromProper: (p) => -Math.log10(p) },
  { symbol: "Np", metric: true, of: "1", toProper: Math.exp, fromProper: Math.log },
  lg("B", "1"),
  lg("B[W]", "W"),
  lg("B[kW]", "kW"),
  lgTimes2("B[SPL]", "20.uPa"),
  lgTimes2("B[V]", "V"),
  lgTimes2("B[mV]", "mV"),
  lgTimes2("B[uV]", "uV"),
];
