import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import fc from "fast-check";
import jsmodbus from "jsmodbus";
import { ServerTCP, type IServiceVector } from "modbus-serial";
import { expect, onTestFinished, test, vi } from "vitest";
import { DeviceProfile } from "../../../contracts/scenario.ts";
import { Telemetry } from "../../../contracts/telemetry.ts";
import { connectDevice } from "../../sdk/device.ts";
import { startBroker } from "../../sdk/test-broker.ts";
import { readConfig } from "../config.ts";
import type { Adapter, Sink } from "../sink.ts";
import { browseModbus } from "./browse.ts";
import { guess } from "./guess.ts";
import { ModbusConfig, type RegisterType, type WordOrder } from "./map.ts";
import { startPolling, type PollOptions } from "./poll.ts";
import { spansOf } from "./reading.ts";
import { decode, encode } from "./register.ts";

const soon = { timeout: 20_000, interval: 5 };
const ORDERS: readonly WordOrder[] = ["abcd", "cdab", "badc", "dcba"];
type Row = { readonly device: string; readonly ts: number; readonly channels: Readonly<Record<string, unknown>> };

test("AD1 registers are read in each type and order as the standard and controllers have them", () => {
  // 21.4 is 0x41AB3333.
  expect(decode([0x41ab, 0x3333], "float32", "abcd")).toBe(21.4);
  expect(decode([0x3333, 0x41ab], "float32", "cdab")).toBe(21.4);
  expect(decode([0xab41, 0x3333], "float32", "badc")).toBe(21.4);
  expect(decode([0x3333, 0xab41], "float32", "dcba")).toBe(21.4);
  expect(decode([0xffff, 0xfffe], "int32")).toBe(-2);
  expect(decode([0, 1, 0, 0], "uint64")).toBe(2 ** 32);
  expect(decode([0x8001], "int16")).toBe(-32_767);
  expect([0, 1, 15].map((bit) => decode([0x8001], "bit", "abcd", bit))).toEqual([1, 0, 1]);
  expect(decode([0x4037, 0x8000, 0, 0], "float64")).toBe(23.5);
});

test("AD1 what is written as a type and order is read as the same", () => {
  const types = ["int16", "uint16", "int32", "uint32", "int64", "float32", "float64"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.constantFrom(...ORDERS), fc.integer({ min: -30_000, max: 30_000 }), (type, order, n) => {
      const value = type.startsWith("u") ? Math.abs(n) : type.startsWith("float") ? n / 8 : n;
      expect(decode(encode(value, type, order), type, order)).toBe(value);
    }),
  );
});

test("AD2 neighbours are one question, what lies apart is another, and no answer is longer than the standard's", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }), (addresses) => {
      const map = addresses.map((address, i) => ({ channel: `c${i}`, table: "holding", address, type: i % 3 === 0 ? "float32" : "uint16" }));
      const spans = spansOf(config_({ devices: [{ device: "P-1", map }] }).devices);
      expect(spans.flatMap(({ bindings }) => bindings.map(({ channel }) => channel)).sort()).toEqual(map.map(({ channel }) => channel).sort());
      const asked = new Set(map.flatMap(({ address, type }) => (type === "float32" ? [address, address + 1] : [address])));
      for (const { address, count } of spans) {
        expect(count).toBeLessThanOrEqual(125);
        for (let at = address; at < address + count; at++) expect(asked.has(at)).toBe(true);
      }
    }),
  );
});

test("AD3 a row of each device at each instant: types, orders, scales, uoms, gaps and bits, from modbus-serial's server", async () => {
  const registers = words({ 0: [215], 1: [0xfff6], 10: encode(21.4, "float32", "cdab"), 12: [0x7fff], 13: [0b100], 20: encode(212, "float32") });
  const port = await served({
    getHoldingRegister: (address: number) => registers[address] ?? 0,
    getInputRegister: (address: number, unitId: number) => address + unitId,
    getCoil: (address: number) => address === 3,
  });
  const rows = await polled({
    host: "127.0.0.1",
    port,
    everyMs: 10,
    devices: [
      {
        device: "P-1",
        map: [
          { channel: "pressure", table: "holding", address: 0, scale: 0.1, uom: "bar" },
          { channel: "offset", table: "holding", address: 1, type: "int16", scale: 0.5, offset: 7 },
          { channel: "temperature", table: "holding", address: 10, type: "float32", order: "cdab" },
          { channel: "missing", table: "holding", address: 12, gaps: [0x7fff] },
          { channel: "running", table: "holding", address: 13, type: "bit", bit: 2 },
          { channel: "boiling", table: "holding", address: 20, type: "float32", uom: "[degF]", as: "Cel" },
          { channel: "open", table: "coil", address: 3 },
        ],
      },
      { device: "P-2", unitId: 7, map: [{ channel: "level", table: "input", address: 100 }] },
    ],
  });
  await vi.waitUntil(() => rows.length >= 6, soon);
  expect(rows.find(({ device }) => device === "P-1")?.channels).toEqual({
    pressure: 21.5,
    offset: 2,
    temperature: 21.4,
    missing: null,
    running: 1,
    boiling: 100,
    open: 1,
  });
  expect(rows.find(({ device }) => device === "P-2")?.channels).toEqual({ level: 107 });
  for (const { ts, channels } of rows) expect(Telemetry.safeParse({ ts, channels }).success).toBe(true);
  expect(rows.filter(({ device }) => device === "P-1").map(({ ts }) => ts)).toEqual(
    rows
      .filter(({ device }) => device === "P-1")
      .map(({ ts }) => ts)
      .toSorted((a, b) => a - b),
  );
});

test("AD3 jsmodbus, another's server, is read the same", async () => {
  const holding = Buffer.alloc(200);
  for (const [i, word] of encode(-3.25, "float32", "badc").entries()) holding.writeUInt16BE(word, 40 + i * 2);
  const server = createServer();
  const peer = new jsmodbus.server.TCP(server, { holding, coils: Buffer.from([0b10]) });
  expect(peer.holding).toBe(holding);
  const port = await listening(server);
  const rows = await polled({
    host: "127.0.0.1",
    port,
    everyMs: 10,
    devices: [
      {
        device: "P-1",
        map: [
          { channel: "a", table: "holding", address: 20, type: "float32", order: "badc" },
          { channel: "b", table: "coil", address: 1 },
        ],
      },
    ],
  });
  await vi.waitUntil(() => rows.length >= 2, soon);
  expect(rows[0]?.channels).toEqual({ a: -3.25, b: 1 });
});

test("AD4 an address that the server refuses costs its own channel, not its neighbours", async () => {
  const port = await served({
    getHoldingRegister: (address: number) => {
      if (address === 1) throw Object.assign(new Error("no such address"), { modbusErrorCode: 2 });
      return address;
    },
  });
  const { rows, adapter } = await polling({
    host: "127.0.0.1",
    port,
    everyMs: 10,
    devices: [{ device: "P-1", map: [0, 1, 2].map((address) => ({ channel: `r${address}`, table: "holding", address })) }],
  });
  await vi.waitUntil(() => rows.length >= 2, soon);
  expect(rows.at(-1)?.channels).toEqual({ r0: 0, r2: 2 });
  expect(adapter.counts().refused).toBeGreaterThanOrEqual(2);
  expect(adapter.counts().breaks).toBe(0);
});

test("AD5 a server that does not answer is left and tried again with a wait that grows; what comes late is no answer to another question", async () => {
  let deaf = true;
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.on("data", (ask: Buffer) => {
      const answer = Buffer.concat([ask.subarray(0, 4), Buffer.from([0, 5]), ask.subarray(6, 8), Buffer.from([2, 0, deaf ? 1 : 2])]);
      if (deaf) held.push(() => socket.write(answer));
      else socket.write(answer);
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const port = await listening(server);
  const waits: string[] = [];
  const map = [{ channel: "a", table: "holding", address: 0 }];
  const { rows, adapter } = await polling(
    { host: "127.0.0.1", port, everyMs: 10, timeoutMs: 30, devices: [{ device: "P-1", map }] },
    { tell: (state, why) => void (state === "waiting" && waits.push(why)) },
  );
  await vi.waitUntil(() => waits.length >= 2, soon);
  expect(waits[0]).toMatch(/time/i);
  expect(rows).toEqual([]);
  deaf = false;
  for (const answer of held) answer();
  await vi.waitUntil(() => rows.length >= 2, soon);
  expect(new Set(rows.map(({ channels }) => channels["a"]))).toEqual(new Set([2]));
  expect(adapter.counts().breaks).toBeGreaterThanOrEqual(2);
});

test("AD5 a silent device on a line does not keep its neighbours from being read", async () => {
  const port = await served({
    getHoldingRegister: (address: number, unitId: number) => (unitId === 1 ? new Promise<number>(() => {}) : Promise.resolve(address + unitId)),
  });
  const map = [{ channel: "a", table: "holding", address: 0 }];
  const devices = [
    { device: "SILENT", unitId: 1, map },
    { device: "P-2", unitId: 2, map },
  ];
  const rows = await polled({ host: "127.0.0.1", port, everyMs: 10, timeoutMs: 30, devices }, { backoff: { firstMs: 1_000, mostMs: 1_000 }, random: () => 0 });
  await vi.waitUntil(() => rows.length >= 3, soon);
  expect(new Set(rows.map(({ device }) => device))).toEqual(new Set(["P-2"]));
});

test("AD5 a server that goes and comes back is read on; closing ends at once", async () => {
  const first = await served({ getHoldingRegister: () => 1 });
  const { rows, adapter } = await polling({
    host: "127.0.0.1",
    port: first,
    everyMs: 10,
    devices: [{ device: "P-1", map: [{ channel: "a", table: "holding", address: 0 }] }],
  });
  await vi.waitUntil(() => rows.length >= 1, soon);
  await stopped(first);
  await served({ getHoldingRegister: () => 2 }, first);
  await vi.waitUntil(() => rows.some(({ channels }) => channels["a"] === 2), soon);
  await adapter.close();
  const length = rows.length;
  await adapter.close();
  expect(rows).toHaveLength(length);
});

test("AD6 what is read reaches the unit through the device's link, as the telemetry contract has it", async () => {
  const port = await served({ getInputRegister: () => 42 });
  const broker = await startBroker({ transport: "tcp" });
  const device = connectDevice({ url: `mqtt://127.0.0.1:${broker.port}`, unit: "plant", device: "P-1", password: "secret" });
  onTestFinished(async () => {
    await device.close();
    await broker.stop();
  });
  const config = config_({ host: "127.0.0.1", port, everyMs: 10, devices: [{ device: "P-1", map: [{ channel: "flow", table: "input", address: 0 }] }] });
  const adapter = startPolling(config, (_, telemetry) => device.publish(telemetry));
  onTestFinished(() => adapter.close());
  await vi.waitUntil(() => broker.received.length >= 2, soon);
  expect(broker.received[0]?.topic).toBe("u/plant/d/P-1/telemetry");
  expect([JSON.parse(broker.received[0]?.text ?? "")].flat()[0]).toMatchObject({ channels: { flow: 42 } });
});

test("AD7 browsing finds what answers, with plausible types, as a profile that the contract takes and bindings that read it", async () => {
  const registers = words({
    5: [215],
    6: [0xffec],
    100: encode(21.4, "float32", "cdab"),
    102: encode(0.027, "float32", "cdab"),
    104: encode(-60.5, "float32", "cdab"),
  });
  const has = (address: number): boolean => (address >= 5 && address <= 7) || (address >= 100 && address <= 105);
  let asked = 0;
  const port = await served({
    getHoldingRegister: (address: number) => {
      asked += 1;
      if (!has(address)) throw Object.assign(new Error("no such address"), { modbusErrorCode: 2 });
      return registers[address] ?? 0;
    },
    getCoil: (address: number) => {
      if (address > 7) throw Object.assign(new Error("no such address"), { modbusErrorCode: 2 });
      return address === 2;
    },
  });
  const proposal = await browseModbus({ host: "127.0.0.1", port, tables: ["holding", "coil"], to: 120, againMs: 0 });
  expect(proposal?.bindings).toEqual([
    { channel: "holding.5", table: "holding", address: 5, type: "uint16" },
    { channel: "holding.6", table: "holding", address: 6, type: "int16" },
    { channel: "holding.100", table: "holding", address: 100, type: "float32", order: "cdab" },
    { channel: "holding.102", table: "holding", address: 102, type: "float32", order: "cdab" },
    { channel: "holding.104", table: "holding", address: 104, type: "float32", order: "cdab" },
    { channel: "coil.2", table: "coil", address: 2 },
  ]);
  expect(DeviceProfile.safeParse(proposal?.profile).success).toBe(true);
  expect(proposal?.notes.join("\n")).toContain("holding: 5 to 7, 100 to 105 answer");
  expect(asked).toBeLessThan(2_000);
  const rows = await polled({ host: "127.0.0.1", port, everyMs: 10, devices: [{ device: "P-1", map: proposal?.bindings ?? [] }] });
  await vi.waitUntil(() => rows.length >= 1, soon);
  expect(rows[0]?.channels).toEqual({ "holding.5": 215, "holding.6": -20, "holding.100": 21.4, "holding.102": 0.027, "holding.104": -60.5, "coil.2": 1 });
});

test("AD7 a table that a server does not have is left after one question; a server without anything proposes nothing", async () => {
  const server = createServer();
  let asked = 0;
  server.on("connection", (socket: Socket) =>
    socket.on("data", (ask: Buffer) => {
      asked += 1;
      socket.write(Buffer.concat([ask.subarray(0, 4), Buffer.from([0, 3]), ask.subarray(6, 7), Buffer.from([(ask[7] ?? 0) | 0x80, 1])]));
    }),
  );
  const port = await listening(server);
  expect(await browseModbus({ host: "127.0.0.1", port, againMs: 0 })).toBeNull();
  expect(asked).toBe(4);
});

test("AD7 floats are told from integers in whatever order, doubles from floats", () => {
  const types: readonly (readonly [Exclude<RegisterType, "bit">, number])[] = [
    ["float32", 21.4],
    ["float32", 1_480.25],
    ["uint16", 215],
    ["float32", -0.5],
  ];
  for (const order of ORDERS) {
    const registers = types.flatMap(([type, value]) => encode(value, type, type === "uint16" ? "abcd" : order));
    expect(guess(registers, registers).map(({ type, values }) => [type, values[0]])).toEqual(types.map(([type, value]) => [type, value]));
  }
  const double = encode(23.5, "float64");
  expect(guess(double, double).map(({ type, values }) => [type, values[0]])).toEqual([["float64", 23.5]]);
});

test.each([
  [{ devices: [] }, "host"],
  [{ host: "h", devices: [{ device: "P 1", map: [] }] }, "devices.0.device"],
  [{ host: "h", devices: [{ device: "P-1", map: [{ channel: "a", table: "coil", address: 0, type: "float32" }] }] }, "devices.0.map.0.type"],
  [{ host: "h", devices: [{ device: "P-1", map: [{ channel: "a", table: "input", address: 65_535, type: "float32" }] }] }, "devices.0.map.0.address"],
  [{ host: "h", devices: [{ device: "P-1", map: [{ channel: "a", table: "input", address: 0, uom: "bar", as: "Cel" }] }] }, "devices.0.map.0.as"],
  [{ host: "h", devices: [{ device: "P-1", map: [{ channel: "a", table: "input", adress: 0 }] }] }, "devices.0.map.0.address"],
  [{ host: "h", devices: [{ device: "P-1", map: [{ channel: "a", table: "holdings", address: 0 }] }] }, "devices.0.map.0.table"],
])("AD8 a configuration that does not fit is refused by field, with the rule and what to do (%#)", (value, field) => {
  const read = readConfig(ModbusConfig, value);
  const fault = "faults" in read ? read.faults.find((one) => one.field === field) : undefined;
  expect(fault?.rule).toMatch(/.{4}/);
  expect(fault?.mend).toMatch(/.{4}/);
});

const servers = new Map<number, { close(): Promise<void> }>();

async function served(vector: IServiceVector, port = 0): Promise<number> {
  const server = new ServerTCP(vector, { host: "127.0.0.1", port, unitID: 255 });
  server.on("socketError", () => {});
  await once(server, "initialized");
  const at = ((Reflect.get(server, "_server") as Server).address() as AddressInfo).port;
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  servers.set(at, { close });
  onTestFinished(close);
  return at;
}

async function stopped(port: number): Promise<void> {
  await servers.get(port)?.close();
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function config_(value: object): ModbusConfig {
  const read = readConfig(ModbusConfig, { host: "127.0.0.1", ...value });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.config;
}

async function polling(value: object, options: PollOptions = {}): Promise<{ readonly rows: readonly Row[]; readonly adapter: Adapter }> {
  const rows: Row[] = [];
  const sink: Sink = (device, { ts, channels = {} }) => {
    rows.push({ device, ts, channels });
    return Promise.resolve({ seq: rows.length });
  };
  const adapter = startPolling(config_(value), sink, { backoff: { firstMs: 5, mostMs: 20 }, ...options });
  onTestFinished(() => adapter.close());
  return { rows, adapter };
}

async function polled(value: object, options: PollOptions = {}): Promise<readonly Row[]> {
  return (await polling(value, options)).rows;
}

function words(at: Readonly<Record<number, readonly number[]>>): Readonly<Record<number, number>> {
  return Object.fromEntries(Object.entries(at).flatMap(([address, values]) => values.map((word, i) => [Number(address) + i, word])));
}
