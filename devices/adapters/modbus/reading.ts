/**
 * Which questions a register map takes: neighbours are read together, as many as one answer carries.
 *
 *   bindings ─▶ by unit id and table, by address ─▶ spans without holes, ≤ 125 registers or 2,000 bits
 */
import type { DeviceId } from "../../../contracts/ids.ts";
import { valueOf } from "../channel.ts";
import { type Binding, isBits, type ModbusDevice, type Table, typeOf, widthOf } from "./map.ts";
import { decode } from "./register.ts";

/** Modbus Application Protocol V1.1b3, 6.1 to 6.4: what one answer carries. */
export const REGISTERS_MAX = 125;
export const BITS_MAX = 2_000;

/** One question, and the bindings that its answer holds. */
export type Span = {
  readonly device: DeviceId;
  readonly unitId: number;
  readonly table: Table;
  readonly address: number;
  readonly count: number;
  readonly bindings: readonly Binding[];
};

/** What lies apart is not read over: a hole may be an address that the server refuses, and what it refuses takes its neighbours along. */
export function spansOf(devices: readonly ModbusDevice[]): readonly Span[] {
  return devices.flatMap(({ device, unitId = 1, map }) => {
    const spans: Span[] = [];
    for (const binding of map.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address)) {
      const end = binding.address + widthOf(typeOf(binding));
      const last = spans.at(-1);
      const most = isBits(binding.table) ? BITS_MAX : REGISTERS_MAX;
      const joins = last !== undefined && last.table === binding.table && binding.address <= last.address + last.count && end - last.address <= most;
      if (!joins) spans.push({ device, unitId, table: binding.table, address: binding.address, count: end - binding.address, bindings: [binding] });
      else spans[spans.length - 1] = { ...last, count: Math.max(last.count, end - last.address), bindings: [...last.bindings, binding] };
    }
    return spans;
  });
}

/** The same span as one question for each binding: for a server that refuses to read across its own blocks. */
export function apart(span: Span): readonly Span[] {
  return span.bindings.map((binding) => ({ ...span, address: binding.address, count: widthOf(typeOf(binding)), bindings: [binding] }));
}

/** Channel values of an answer. `words`: registers, or bits as 0 and 1, from the span's address on. */
export function valuesOf(span: Span, words: readonly number[]): readonly (readonly [channel: string, value: number | null])[] {
  return span.bindings.map((binding) => {
    const at = binding.address - span.address;
    const type = typeOf(binding);
    return [binding.channel, valueOf(decode(words.slice(at, at + widthOf(type)), type, binding.order, binding.bit), bare(binding))];
  });
}

function bare({ channel, scale, offset, uom, as, gaps }: Binding) {
  return { channel, scale, offset, uom, as, gaps };
}
