/** Registers to a number and back, in each of the orders that controllers keep. Big-endian is the standard's (Modbus Application Protocol V1.1b3, 4.2). */
import type { RegisterType, WordOrder } from "./map.ts";
import { widthOf } from "./map.ts";

/** `registers`: as many as the type has, each 0 to 65,535; of a coil 0 or 1. Integers of 64 bits beyond 2^53 lose their last digits. */
export function decode(registers: readonly number[], type: RegisterType, order: WordOrder = "abcd", bit = 0): number {
  if (type === "bit") return ((registers[0] ?? 0) >> bit) & 1;
  const view = arranged(registers, order);
  switch (type) {
    case "int16":
      return view.getInt16(0);
    case "uint16":
      return view.getUint16(0);
    case "int32":
      return view.getInt32(0);
    case "uint32":
      return view.getUint32(0);
    case "int64":
      return Number(view.getBigInt64(0));
    case "uint64":
      return Number(view.getBigUint64(0));
    case "float32":
      return rounded(view.getFloat32(0));
    case "float64":
      return view.getFloat64(0);
  }
}

/** The inverse of `decode`, for tests and simulated servers. */
export function encode(value: number, type: Exclude<RegisterType, "bit">, order: WordOrder = "abcd"): readonly number[] {
  const view = new DataView(new ArrayBuffer(widthOf(type) * 2));
  switch (type) {
    case "int16":
    case "uint16":
      view.setInt16(0, value);
      break;
    case "int32":
    case "uint32":
      view.setInt32(0, value);
      break;
    case "int64":
    case "uint64":
      view.setBigInt64(0, BigInt(value));
      break;
    case "float32":
      view.setFloat32(0, value);
      break;
    case "float64":
      view.setFloat64(0, value);
  }
  // Each order is its own inverse.
  const turned = arranged(registersOf(view), order);
  return registersOf(turned);
}

function arranged(registers: readonly number[], order: WordOrder): DataView {
  const view = new DataView(new ArrayBuffer(registers.length * 2));
  const words = order === "cdab" || order === "dcba" ? registers.toReversed() : registers;
  const littleEndian = order === "badc" || order === "dcba";
  for (const [i, word] of words.entries()) view.setUint16(i * 2, word, littleEndian);
  return view;
}

function registersOf(view: DataView): readonly number[] {
  return Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(i * 2));
}

/** The shortest decimal that is the same float32: 21.4, and not 21.399999618530273. */
function rounded(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
