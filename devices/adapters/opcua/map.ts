/** Which nodes of an OPC UA server become which channels of which devices, as declared. */
import { z } from "zod";
import { DeviceId } from "../../../contracts/ids.ts";
import { channelFields, converts, CONVERTS } from "../channel.ts";

/** Devices behind one server, and nodes of one device: a telemetry message carries as many channels. */
const DEVICES_MAX = 500;
const NODES_MAX = 256;

/** `i=2258`, `ns=2;s=Pump.Temperature`, or with the namespace's own name, which outlives a restart: `nsu=urn:plant;s=Temp` (OPC UA Part 6, 5.3.1.10). */
const NODE = /^(?:ns=\d{1,5};|nsu=[^;]{1,500};)?(?:i=\d{1,10}|s=.{1,1000}|g=[0-9a-fA-F-]{36}|b=[A-Za-z0-9+/=]{1,1400})$/;

export const NodeBinding = z
  .strictObject({
    ...channelFields,
    node: z.string().regex(NODE, "a node id, such as ns=2;s=Pump.Temperature or nsu=urn:plant;i=17"),
  })
  .superRefine((binding, context) => {
    if (!converts(binding))
      context.addIssue({
        code: "custom",
        message: CONVERTS.error,
        path: CONVERTS.path,
        params: { mend: "give the uom of the node, and one that it converts to" },
      });
  });
export type NodeBinding = z.infer<typeof NodeBinding>;

export const OpcuaDevice = z.strictObject({
  device: DeviceId,
  password: z.string().min(1).optional(),
  map: z
    .array(NodeBinding)
    .min(1)
    .max(NODES_MAX)
    .refine((map) => new Set(map.map(({ channel }) => channel)).size === map.length, "each channel once"),
});
export type OpcuaDevice = z.infer<typeof OpcuaDevice>;

export const endpointFields = {
  endpoint: z.string().regex(/^opc\.tcp:\/\/[^\s/]+(?:\/\S*)?$/, "an address such as opc.tcp://10.0.0.5:4840"),
  /** Absent: neither signed nor encrypted. The server's certificate must lie in `trusted/certs` of the folder of certificates, unless `trust` is `any`. */
  security: z
    .strictObject({
      mode: z.enum(["sign", "encrypt"]),
      policy: z.enum(["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]).optional(),
      trust: z.enum(["listed", "any"]).optional(),
    })
    .optional(),
  /** Absent: anonymous. */
  user: z.strictObject({ name: z.string().min(1).max(200), password: z.string().max(500) }).optional(),
};

export const OpcuaConfig = z.strictObject({
  ...endpointFields,
  /** How often the server looks at a node, and how often it tells what it saw. */
  samplingMs: z.int().min(0).max(3_600_000).optional(),
  publishMs: z.int().min(10).max(60_000).optional(),
  /** A value that did not change is told again after so long, while the server says that it stands. */
  repeatMs: z.int().min(10).max(3_600_000).optional(),
  /** Whether a value of uncertain quality is taken, or is a gap. Absent: taken. */
  uncertain: z.enum(["take", "gap"]).optional(),
  devices: z
    .array(OpcuaDevice)
    .min(1)
    .max(DEVICES_MAX)
    .refine((devices) => new Set(devices.map(({ device }) => device)).size === devices.length, "each device once"),
});
export type OpcuaConfig = z.infer<typeof OpcuaConfig>;
