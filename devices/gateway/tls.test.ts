import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { generate, parser, type Packet } from "mqtt-packet";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { type Site, type SiteOptions, startSite } from "./site.ts";
import { startUnit } from "./test-unit.ts";
import { readTls, type TlsFiles } from "./tls.ts";

const OPENSSL = "/usr/bin/openssl";
const testWithOpenssl = test.runIf(existsSync(OPENSSL));
const soon = { timeout: 20_000, interval: 5 };
const run = promisify(execFile);
let place = "";
const at = (name: string) => join(place, name);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "outpost-tls-"));
  if (!existsSync(OPENSSL)) return;
  await authority("ca");
  await authority("other-ca");
  await Promise.all([
    signed("server", "ca", "localhost"),
    signed("server-2", "ca", "localhost"),
    signed("P-1", "ca", "P-1"),
    signed("nobody", "ca", "nobody"),
    signed("stranger", "other-ca", "P-1"),
  ]);
  writeFileSync(at("identities.json"), JSON.stringify({ "P-1": { user: "plant/P-1", password: "of the device" } }));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

testWithOpenssl(
  "GW38 a client's certificate speaks for its device: the unit hears that device's user name and password, whatever the client gave",
  async () => {
    const { unit, site } = await sited();
    expect(await greet(site, "P-1")).toBe(0);
    expect(await greet(site, "P-1", "P-1")).toBe(0);
    expect(unit.disk.connects).toMatchObject([
      { user: "P-1", password: "of the device" },
      { user: "P-1", password: "of the device" },
    ]);
    // Nobody speaks for another.
    expect(await greet(site, "P-1", "P-2")).toBe(5);
    expect(unit.disk.connects).toHaveLength(2);
  },
);

testWithOpenssl(
  "GW38 a certificate of another authority, or that speaks for nobody, closes the connection; without one the password counts, if it may",
  async () => {
    const lines: string[] = [];
    const { unit, site } = await sited({ onLog: (line) => lines.push(line) });
    expect(await greet(site, "stranger")).toBeNull();
    expect(await greet(site, "nobody")).toBeNull();
    expect(await greet(site, null, "P-7")).toBe(0);
    expect(unit.disk.connects).toMatchObject([{ user: "P-7", password: "typed" }]);
    expect(site.counts()).toMatchObject({ certificateRefused: 2 });
    expect(lines.join("\n")).toMatch(/certificate that is refused[^]*speaks for no device: nobody/);
    const strict = await sited({}, { passwords: false });
    expect(await greet(strict.site, null, "P-7")).toBeNull();
  },
);

testWithOpenssl("GW39 files that are missing, expired, no certificate or not a pair are refused by name, with what to do", () => {
  const files = filesOf();
  const now = Date.now();
  const refused = (more: Partial<TlsFiles>, days = 0): Refusal | null => {
    const read = readTls({ ...files, ...more }, now + days * 24 * 3_600_000);
    return isRefusal(read) ? read : null;
  };
  expect(refused({})).toBeNull();
  expect(refused({ cert: at("absent.pem") })).toMatchObject({ refused: "malformed", field: "cert", rule: expect.stringContaining("there is no file") });
  expect(refused({}, 366)).toMatchObject({ refused: "too-late", rule: expect.stringContaining("expired on") });
  expect(refused({}, -1)).toMatchObject({ rule: expect.stringContaining("is valid from") });
  expect(refused({ key: at("server-2.key") })).toMatchObject({ field: "key", rule: expect.stringContaining("is not the key of") });
  expect(refused({ cert: at("identities.json") })).toMatchObject({ field: "cert", rule: expect.stringContaining("holds no certificate") });
  expect(refused({ clientCa: at("absent.pem") })).toMatchObject({ field: "clientCa" });
  writeFileSync(at("bad.json"), "[]");
  expect(refused({ identities: at("bad.json") })).toMatchObject({ field: "identities" });
  const soonOver = readTls(files, now + 360 * 24 * 3_600_000);
  expect(isRefusal(soonOver) ? null : soonOver.warning).toContain("ends on");
});

testWithOpenssl("GW39 a replaced certificate is shown from the next handshake on, without a restart; a wrong one leaves the old in force", async () => {
  let now = 1_800_000_000_000;
  const files = { ...filesOf(), cert: at("live.pem"), key: at("live.key") };
  const put = (name: string, stamp: number): void => {
    for (const kind of ["pem", "key"]) {
      writeFileSync(at(`live.${kind}`), readFileSync(at(`${name}.${kind}`)));
      utimesSync(at(`live.${kind}`), stamp, stamp);
    }
  };
  put("server", 1);
  now = Date.now();
  const { site } = await sited({ now: () => now }, files);
  const before = await serialOf(site);
  const held = await open(site, "P-1");
  put("server-2", 2);
  now += 5_001;
  await vi.waitUntil(async () => (await serialOf(site)) !== before, soon);
  const second = await serialOf(site);
  // Who was connected stays so.
  expect(held.destroyed).toBe(false);
  writeFileSync(at("live.pem"), "nonsense");
  expect(site.reloadTls()).toMatchObject({ field: "cert" });
  expect(await serialOf(site)).toBe(second);
});

testWithOpenssl("GW38 what isn't TLS doesn't get through, and the next client does", async () => {
  const { site } = await sited();
  const plain = connectTcp(site.tlsPort ?? 0, "127.0.0.1");
  plain.on("error", () => {});
  plain.write("GET / HTTP/1.1\r\n\r\n");
  await once(plain, "close");
  await vi.waitUntil(() => site.counts().handshakeFailed === 1, soon);
  expect(await greet(site, "P-1")).toBe(0);
});

testWithOpenssl("GW38 more handshakes than are made at a time wait their turn", async () => {
  const { site } = await sited();
  const mute = Array.from({ length: 31 }, () => connectTcp(site.tlsPort ?? 0, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => mute.forEach((one) => one.destroy()));
  await vi.waitUntil(() => site.counts().accepted === 31, soon);
  expect(await Promise.all(Array.from({ length: 8 }, () => greet(site, "P-1")))).toEqual(Array.from({ length: 8 }, () => 0));
});

function filesOf(): TlsFiles {
  return { cert: at("server.pem"), key: at("server.key"), clientCa: at("ca.pem"), identities: at("identities.json"), passwords: true };
}

async function sited(options: Partial<SiteOptions> = {}, files: Partial<TlsFiles> = {}) {
  const unit = await startUnit();
  onTestFinished(() => unit.stop());
  const upstream = () => `ws://127.0.0.1:${unit.port}/mqtt/plant`;
  const tls = { port: 0, files: { ...filesOf(), ...files } };
  const site = await startSite({ host: "127.0.0.1", port: null, tls, upstream, units: ["plant"], checkMs: 10, ...options });
  if (isRefusal(site)) throw new Error(site.rule);
  onTestFinished(() => site.close());
  await vi.waitUntil(() => site.counts().units["plant"]?.state === "up", soon);
  return { unit, site };
}

async function open(site: Site, certificate: string | null): Promise<TLSSocket> {
  const own = certificate === null ? {} : { cert: readFileSync(at(`${certificate}.pem`)), key: readFileSync(at(`${certificate}.key`)) };
  const socket = connect({ host: "127.0.0.1", port: site.tlsPort ?? 0, ca: readFileSync(at("ca.pem")), servername: "localhost", ...own });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

/** The code of the CONNACK; null: closed without one. */
async function greet(site: Site, certificate: string | null, username?: string): Promise<number | null> {
  const socket = await open(site, certificate);
  const read = parser();
  const answer = new Promise<number | null>((resolve) => {
    read.on("packet", (packet: Packet) => packet.cmd === "connack" && resolve(packet.returnCode ?? null));
    socket.on("close", () => resolve(null));
  });
  socket.on("data", (bytes) => read.parse(bytes));
  const connect = { cmd: "connect" as const, clientId: "c", protocolId: "MQTT" as const, protocolVersion: 4 as const, clean: true, keepalive: 60 };
  socket.write(generate(username === undefined ? connect : { ...connect, username, password: Buffer.from("typed") }));
  const code = await answer;
  socket.destroy();
  return code;
}

async function serialOf(site: Site): Promise<string> {
  const socket = await open(site, "P-1");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function authority(name: string): Promise<void> {
  await run(OPENSSL, ["req", "-x509", ...NEW_KEY, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), "-days", "365", "-subj", `/CN=${name}`]);
}

async function signed(name: string, by: string, subject: string): Promise<void> {
  const [request, extension] = [at(`${name}.csr`), at(`${name}.ext`)];
  writeFileSync(extension, "subjectAltName=DNS:localhost");
  await run(OPENSSL, ["req", ...NEW_KEY, "-keyout", at(`${name}.key`), "-out", request, "-subj", `/CN=${subject}`]);
  const ca = ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-set_serial", String(Math.floor(Math.random() * 1e9) + 1)];
  await run(OPENSSL, ["x509", "-req", "-in", request, ...ca, "-days", "365", "-extfile", extension, "-out", at(`${name}.pem`)]);
}
