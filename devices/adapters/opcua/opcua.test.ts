import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPCUACertificateManager } from "node-opcua-certificate-manager";
import { DataType, MessageSecurityMode, SecurityPolicy, StatusCodes, Variant, VariantArrayType } from "node-opcua-client";
import { OPCUAServer } from "node-opcua-server";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { DeviceProfile } from "../../../contracts/scenario.ts";
import { Telemetry } from "../../../contracts/telemetry.ts";
import { isUom } from "../../../contracts/uom.ts";
import { readConfig } from "../config.ts";
import type { Adapter, Sink } from "../sink.ts";
import { browseOpcua } from "./browse.ts";
import { startFollowing, type FollowOptions } from "./follow.ts";
import { OpcuaConfig } from "./map.ts";
import { startRows } from "./rows.ts";
import { UOM_CODES, uomOf } from "./uom.ts";

const soon = { timeout: 30_000, interval: 5 };
/** Certificates of both sides: made once, gone with the file. */
const PKI = mkdtempSync(join(tmpdir(), "outpost-opcua-"));
const CELSIUS = {
  namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact",
  unitId: 4_408_652,
  displayName: { text: "°C" },
  description: { text: "degree Celsius" },
};
type Row = { readonly device: string; readonly ts: number; readonly channels: Readonly<Record<string, unknown>> };
type Plant = {
  readonly endpoint: string;
  readonly port: number;
  set(node: string, value: number, status?: typeof StatusCodes.Good, at?: Date): void;
  stop(): Promise<void>;
};

afterAll(() => rmSync(PKI, { recursive: true, force: true }));

test("AD20 each change is a row with the instant at which the source measured it, scaled and in the channel's uom", async () => {
  const plant = await plant_();
  const { rows } = follow(plant.endpoint, {
    devices: [
      {
        device: "P-1",
        map: [
          { channel: "temperature", node: "ns=1;s=Temperature" },
          { channel: "pressure", node: "ns=1;s=Pressure", scale: 0.01, uom: "bar", as: "kPa" },
          { channel: "running", node: "ns=1;s=Running" },
          { channel: "total", node: "ns=1;s=Total" },
        ],
      },
    ],
  });
  await vi.waitUntil(() => new Set(rows.flatMap(({ channels }) => Object.keys(channels))).size === 4, soon);
  expect(Object.assign({}, ...rows.map(({ channels }) => channels))).toEqual({ temperature: 21.5, pressure: 250, running: 1, total: 2 ** 33 + 5 });
  const at = new Date(Date.now() - 3_000);
  plant.set("Temperature", 22.25, StatusCodes.Good, at);
  await vi.waitUntil(() => rows.some(({ ts }) => ts === at.getTime()), soon);
  expect(rows.find(({ ts }) => ts === at.getTime())).toEqual({ device: "P-1", ts: at.getTime(), channels: { temperature: 22.25 } });
  for (const { ts, channels } of rows) expect(Telemetry.safeParse({ ts, channels }).success).toBe(true);
});

test("AD21 a value of bad quality is a gap, one of uncertain quality is taken or not as it is said; each change of quality is told by its name", async () => {
  const plant = await plant_();
  const qualities: string[] = [];
  const devices = [{ device: "P-1", map: [{ channel: "temperature", node: "ns=1;s=Temperature" }] }];
  const { rows } = follow(plant.endpoint, { devices }, { onQuality: (_, channel, status) => qualities.push(`${channel} ${status}`) });
  const wary = follow(plant.endpoint, { devices, uncertain: "gap" });
  await vi.waitUntil(() => rows.length > 0 && wary.rows.length > 0, soon);
  plant.set("Temperature", 23, StatusCodes.UncertainLastUsableValue);
  await vi.waitUntil(() => rows.some(({ channels }) => channels["temperature"] === 23), soon);
  await vi.waitUntil(() => wary.rows.some(({ channels }) => channels["temperature"] === null), soon);
  plant.set("Temperature", 24, StatusCodes.BadSensorFailure);
  await vi.waitUntil(() => rows.some(({ channels }) => channels["temperature"] === null), soon);
  expect(rows.some(({ channels }) => channels["temperature"] === 24)).toBe(false);
  plant.set("Temperature", 25);
  await vi.waitUntil(() => rows.some(({ channels }) => channels["temperature"] === 25), soon);
  expect(qualities).toEqual(["temperature UncertainLastUsableValue", "temperature BadSensorFailure", "temperature Good"]);
});

test("AD22 a value that stands is told again while the server says that it does; a node that is refused is named and costs itself only", async () => {
  const plant = await plant_();
  const qualities: string[] = [];
  const map = [
    { channel: "temperature", node: "ns=1;s=Temperature" },
    { channel: "ghost", node: "ns=1;s=Ghost" },
  ];
  const { rows, adapter } = follow(
    plant.endpoint,
    { repeatMs: 20, devices: [{ device: "P-1", map }] },
    { onQuality: (_, channel, status) => qualities.push(`${channel} ${status}`) },
  );
  await vi.waitUntil(() => rows.length >= 4, soon);
  expect(new Set(rows.map(({ channels }) => channels["temperature"]))).toEqual(new Set([21.5]));
  expect(qualities).toEqual(["ghost BadNodeIdUnknown"]);
  expect(adapter.counts()).toMatchObject({ refused: 1 });
});

test("AD22 of what stands, each channel is told again after its own silence, gaps never", () => {
  const rows = startRows();
  const device = OpcuaConfig.shape.devices.element.shape.device.parse("P-1");
  rows.take(device, "a", 1, 90, 100);
  rows.take(device, "b", null, 90, 100);
  rows.take(device, "c", 3, 80, 150);
  expect(rows.flush()).toEqual([
    { device, ts: 80, channels: { c: 3 } },
    { device, ts: 90, channels: { a: 1, b: null } },
  ]);
  expect(rows.flush()).toEqual([]);
  expect(rows.stale(199, 100)).toEqual([]);
  expect(rows.stale(200, 100)).toEqual([{ device, ts: 200, channels: { a: 1 } }]);
  expect(rows.stale(250, 100)).toEqual([{ device, ts: 250, channels: { c: 3 } }]);
});

test("AD23 a server that is not there yet is waited for; one that ends and comes back is followed on", async () => {
  const first = await plant_();
  await first.stop();
  const states: string[] = [];
  const devices = [{ device: "P-1", map: [{ channel: "temperature", node: "ns=1;s=Temperature" }] }];
  const { rows } = follow(first.endpoint, { devices }, { tell: (state) => states.push(state) });
  await vi.waitUntil(() => states.includes("waiting"), soon);
  const second = await plant_(first.port);
  await vi.waitUntil(() => rows.length > 0, soon);
  await second.stop();
  await vi.waitUntil(() => states.lastIndexOf("waiting") > states.indexOf("up"), soon);
  const third = await plant_(first.port);
  third.set("Temperature", 30);
  await vi.waitUntil(() => rows.some(({ channels }) => channels["temperature"] === 30), soon);
});

test("AD24 browsing proposes the variables that hold numbers, with their engineering units and ranges; what it proposes can be followed", async () => {
  const plant = await plant_();
  const proposal = await browseOpcua({ endpoint: plant.endpoint }, join(PKI, "own"));
  expect(proposal?.profile.channels).toMatchObject([
    { id: "pump.1.temperature", uom: "Cel", min: -40, max: 150, title: { en: "Pump #1 / Temperature" } },
    { id: "pump.1.pressure", uom: "1" },
    { id: "pump.1.running", min: 0, max: 1 },
    { id: "pump.1.total" },
  ]);
  expect(DeviceProfile.safeParse(proposal?.profile).success).toBe(true);
  expect(proposal?.why["pump.1.temperature"]).toBe("Double: 21.5 in °C");
  const { rows } = follow(plant.endpoint, { devices: [{ device: "P-1", map: proposal?.bindings ?? [] }] });
  await vi.waitUntil(() => new Set(rows.flatMap(({ channels }) => Object.keys(channels))).size === 4, soon);
});

test("AD24 nobody at the address is told within a bounded time", async () => {
  const gone = await plant_();
  await gone.stop();
  await expect(browseOpcua({ endpoint: gone.endpoint }, join(PKI, "own"), 300)).rejects.toThrow(/no session with opc.tcp/);
});

test("AD25 engineering units of UNECE Recommendation 20 become UCUM codes", () => {
  expect(uomOf(4_408_652)).toBe("Cel");
  expect(uomOf(0x42_41_52)).toBe("bar");
  expect(uomOf(0x50_31)).toBe("%");
  expect(uomOf(-1)).toBeNull();
  expect(UOM_CODES.filter((code) => !isUom(code))).toEqual([]);
});

test("AD26 our own certificate lies where we are told and nowhere else; a signed and encrypted session needs the server to be trusted", async () => {
  const plant = await plant_();
  const own = join(PKI, "wary");
  const devices = [{ device: "P-1", map: [{ channel: "temperature", node: "ns=1;s=Temperature" }] }];
  const told: string[] = [];
  const refused = follow(
    plant.endpoint,
    { devices, security: { mode: "encrypt" } },
    { pki: own, tell: (state, why) => void (state === "waiting" && told.push(why)) },
  );
  await vi.waitUntil(() => told.length > 0, soon);
  expect(refused.rows).toEqual([]);
  expect(readdirSync(own)).toContain("own");
  const { rows } = follow(plant.endpoint, { devices, security: { mode: "encrypt", trust: "any" } }, { pki: join(PKI, "own") });
  await vi.waitUntil(() => rows.length > 0, soon);
});

test.each([
  [{ endpoint: "http://h" }, "endpoint"],
  [{ endpoint: "opc.tcp://h", devices: [{ device: "P-1", map: [{ channel: "a", node: "Temperature" }] }] }, "devices.0.map.0.node"],
  [{ endpoint: "opc.tcp://h", devices: [{ device: "P-1", map: [{ channel: "A", node: "i=1" }] }] }, "devices.0.map.0.channel"],
  [{ endpoint: "opc.tcp://h", security: { mode: "none" }, devices: [] }, "security.mode"],
])("AD8 a configuration for OPC UA that does not fit is refused by field, with the rule and what to do (%#)", (value, field) => {
  const read = readConfig(OpcuaConfig, value);
  const fault = "faults" in read ? read.faults.find((one) => one.field === field) : undefined;
  expect(fault?.rule).toMatch(/.{4}/);
  expect(fault?.mend).toMatch(/.{4}/);
});

/** A pump with four variables, under both kinds of security. Its certificate is made once for the file. */
async function plant_(port = 0): Promise<Plant> {
  const certificates = new OPCUACertificateManager({ rootFolder: join(PKI, "server"), automaticallyAcceptUnknownCertificate: true, disableFileWatchers: true });
  const server = new OPCUAServer({
    port,
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    disableDiscovery: true,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const namespace = space?.getOwnNamespace();
  const objects = space?.rootFolder.objects;
  if (namespace === undefined || objects === undefined) throw new Error("the server has an address space");
  const pump = namespace.addObject({ organizedBy: objects, browseName: "Pump #1" });
  const temperature = namespace.addAnalogDataItem({
    componentOf: pump,
    browseName: "Temperature",
    nodeId: "s=Temperature",
    dataType: "Double",
    engineeringUnits: CELSIUS,
    engineeringUnitsRange: { low: -40, high: 150 },
    value: new Variant({ dataType: DataType.Double, value: 21.5 }),
  });
  const plain = (name: string, dataType: DataType, value: unknown) =>
    namespace.addVariable({
      componentOf: pump,
      browseName: name,
      nodeId: `s=${name}`,
      dataType: DataType[dataType],
      value: new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }),
    });
  plain("Pressure", DataType.UInt16, 250);
  plain("Running", DataType.Boolean, true);
  plain("Total", DataType.UInt64, [2, 5]);
  plain("Name", DataType.String, "pump");
  await server.start();
  let running = true;
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    await server.shutdown(0);
  };
  onTestFinished(stop);
  const at = server.endpoints[0]?.port ?? 0;
  return {
    endpoint: `opc.tcp://127.0.0.1:${at}`,
    port: at,
    set: (node, value, status = StatusCodes.Good, when = new Date()) => {
      expect(node).toBe("Temperature");
      temperature.setValueFromSource(new Variant({ dataType: DataType.Double, value }), status, when);
    },
    stop,
  };
}

function follow(endpoint: string, value: object, options: Partial<FollowOptions> = {}): { readonly rows: readonly Row[]; readonly adapter: Adapter } {
  const read = readConfig(OpcuaConfig, { endpoint, samplingMs: 0, publishMs: 10, repeatMs: 3_600_000, ...value });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  const rows: Row[] = [];
  const sink: Sink = (device, { ts, channels = {} }) => {
    rows.push({ device, ts, channels });
    return Promise.resolve({ seq: rows.length });
  };
  const adapter = startFollowing(read.config, sink, { pki: join(PKI, "own"), backoff: { firstMs: 20, mostMs: 100 }, ...options });
  onTestFinished(() => adapter.close());
  return { rows, adapter };
}
