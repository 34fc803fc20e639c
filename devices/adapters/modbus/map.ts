/** A Modbus TCP server's register map, as declared: what stands where, in which form, and which channel it is. */
import { z } from "zod";
import { DeviceId } from "../../../contracts/ids.ts";
import { channelFields, converts, CONVERTS } from "../channel.ts";

/** Devices behind one server: a serial line carries 247 addresses at most (Modbus over Serial Line V1.02, 2.2). */
const DEVICES_MAX = 247;
/** Bindings of one device: a telemetry message carries as many channels. */
const BINDINGS_MAX = 256;
/** Addresses of a table on the wire: 0 to 65,535. "40001" in a manual is holding register 0. */
export const ADDRESS_MAX = 65_535;

export const Table = z.enum(["coil", "discrete", "input", "holding"]);
export type Table = z.infer<typeof Table>;

export const RegisterType = z.enum(["bit", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]);
export type RegisterType = z.infer<typeof RegisterType>;

/** In which order the bytes ABCD of a 32-bit value come: `cdab` swaps its registers, `badc` the bytes in each of them, `dcba` both. */
export const WordOrder = z.enum(["abcd", "cdab", "badc", "dcba"]);
export type WordOrder = z.infer<typeof WordOrder>;

export const Binding = z
  .strictObject({
    ...channelFields,
    table: Table,
    address: z.int().min(0).max(ADDRESS_MAX),
    /** Absent: a bit of coils and discrete inputs, `uint16` of registers. */
    type: RegisterType.optional(),
    order: WordOrder.optional(),
    /** Which bit of a register, 0 the lowest. */
    bit: z.int().min(0).max(15).optional(),
  })
  .superRefine((binding, context) => {
    const fault = (field: string, message: string, mend: string): void => context.addIssue({ code: "custom", message, path: [field], params: { mend } });
    if (!converts(binding))
      context.addIssue({
        code: "custom",
        message: CONVERTS.error,
        path: CONVERTS.path,
        params: { mend: "give the uom of the registers, and one that it converts to" },
      });
    const type = typeOf(binding);
    if (isBits(binding.table) && type !== "bit") fault("type", `a ${binding.table} is one bit`, "leave type out, or read input or holding registers");
    if (!isBits(binding.table) && type === "bit" && binding.bit === undefined) fault("bit", "which bit of the register, 0 to 15", "add bit");
    if (binding.bit !== undefined && type !== "bit") fault("bit", "only type bit names one", "leave bit out, or say type bit");
    if (binding.address + widthOf(type) - 1 > ADDRESS_MAX) fault("address", `${type} ends beyond ${ADDRESS_MAX}`, "look at the address again: it begins at 0");
  });
export type Binding = z.infer<typeof Binding>;

export const ModbusDevice = z.strictObject({
  device: DeviceId,
  password: z.string().min(1).optional(),
  /** The unit identifier on the wire; 1 where the server is the device itself. */
  unitId: z.int().min(0).max(255).optional(),
  map: z.array(Binding).min(1).max(BINDINGS_MAX).refine(distinct, "each channel once"),
});
export type ModbusDevice = z.infer<typeof ModbusDevice>;

export const serverFields = {
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).optional(),
  /** How long an answer may take; a server that takes longer is connected anew. */
  timeoutMs: z.int().min(10).max(60_000).optional(),
};

export const ModbusConfig = z.strictObject({
  ...serverFields,
  /** From one reading to the next. */
  everyMs: z.int().min(10).max(3_600_000).optional(),
  devices: z
    .array(ModbusDevice)
    .min(1)
    .max(DEVICES_MAX)
    .refine((devices) => new Set(devices.map(({ device }) => device)).size === devices.length, "each device once"),
});
export type ModbusConfig = z.infer<typeof ModbusConfig>;

export function typeOf({ table, type }: Pick<Binding, "table" | "type">): RegisterType {
  return type ?? (isBits(table) ? "bit" : "uint16");
}

/** Registers that a value of the type takes. */
export function widthOf(type: RegisterType): 1 | 2 | 4 {
  switch (type) {
    case "bit":
    case "int16":
    case "uint16":
      return 1;
    case "int32":
    case "uint32":
    case "float32":
      return 2;
    case "int64":
    case "uint64":
    case "float64":
      return 4;
  }
}

export function isBits(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

function distinct(map: readonly { readonly channel: string }[]): boolean {
  return new Set(map.map(({ channel }) => channel)).size === map.length;
}
