/**
 * Engineering units as OPC UA tells them (Part 8, 5.6.3) as UCUM codes: `unitId` holds the letters of UNECE Recommendation 20's common code,
 * eight bits each. Those that machines are measured in; what is not here is told by its display name and gets the uom `1`.
 */

const UCUM: Readonly<Record<string, string>> = {
  CEL: "Cel",
  FAH: "[degF]",
  KEL: "K",
  PAL: "Pa",
  KPA: "kPa",
  MPA: "MPa",
  HBA: "hbar",
  BAR: "bar",
  MBR: "mbar",
  PS: "[psi]",
  AMP: "A",
  "4K": "mA",
  VLT: "V",
  KVT: "kV",
  "2Z": "mV",
  OHM: "Ohm",
  WTT: "W",
  KWT: "kW",
  MAW: "MW",
  KVA: "kV.A",
  KWH: "kW.h",
  JOU: "J",
  KJO: "kJ",
  WHR: "W.h",
  HTZ: "Hz",
  KHZ: "kHz",
  RPM: "{rpm}/min",
  RPS: "{rps}/s",
  MTR: "m",
  MMT: "mm",
  CMT: "cm",
  "4H": "um",
  KMT: "km",
  MTS: "m/s",
  C16: "mm/s",
  KMH: "km/h",
  MSK: "m/s2",
  LTR: "L",
  MLT: "mL",
  MTQ: "m3",
  L2: "L/min",
  E32: "L/h",
  MQH: "m3/h",
  MQS: "m3/s",
  LD: "L/d",
  KGM: "kg",
  GRM: "g",
  TNE: "t",
  E93: "kg/h",
  KGS: "kg/s",
  KMQ: "kg/m3",
  NEW: "N",
  B47: "kN",
  NU: "N.m",
  P1: "%",
  C62: "1",
  SEC: "s",
  C26: "ms",
  MIN: "min",
  HUR: "h",
  DAY: "d",
  DD: "deg",
  C81: "rad",
  "2N": "dB",
};

/** Null where the code is not known here. */
export function uomOf(unitId: number): string | null {
  return UCUM[commonCode(unitId)] ?? null;
}

/** 4408652 is CEL. */
function commonCode(unitId: number): string {
  return [unitId >> 24, unitId >> 16, unitId >> 8, unitId]
    .map((code) => code & 0xff)
    .filter((code) => code !== 0)
    .map((code) => String.fromCharCode(code))
    .join("");
}

export const UOM_CODES: readonly string[] = Object.values(UCUM);
