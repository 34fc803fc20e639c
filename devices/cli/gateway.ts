/** `gateway`: MQTT over TCP and TLS on site, for a unit that runs elsewhere. One process per site; what it holds for absent units survives it. */
import { isRefusal } from "../../contracts/refusal.ts";
import { startGateway } from "../gateway/gateway.ts";
import { startSite } from "../gateway/site.ts";
import type { TlsFiles } from "../gateway/tls.ts";
import { startClosing } from "./closing.ts";
import { print, progress, refusalLine, usage } from "./outcome.ts";

const EVERYWHERE = "0.0.0.0";
const LOOPBACK = "127.0.0.1";

export type GatewayVerb = {
  readonly uplink: string;
  readonly unit: readonly string[];
  readonly host?: string;
  readonly mqttPort: number;
  readonly tlsPort: number;
  readonly tcp: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly identities?: string;
  readonly requireCertificate: boolean;
  readonly queue?: string;
  readonly queueMb?: number;
  readonly token?: string;
  readonly perClient: boolean;
};

export type OpenedGateway = { readonly addresses: readonly string[]; close(): Promise<void> };

export async function gateway(options: GatewayVerb): Promise<void> {
  const closing = startClosing();
  closing.onSignals(true);
  const opened = await openGateway(options, progress);
  closing.add(() => opened.close());
  print(`ready ${opened.addresses.join(" ")}`);
}

/** Refuses, as bad usage, options and files that don't fit. */
export async function openGateway(options: GatewayVerb, onLog: (line: string) => void): Promise<OpenedGateway> {
  const [first, ...others] = options.unit;
  if (first === undefined) throw usage("name the unit with --unit");
  if (!/^(http|ws)s?:\/\//.test(options.uplink)) throw usage(`--uplink ${options.uplink} begins with http://, https://, ws:// or wss://`);
  const files = filesOf(options);
  if (!options.tcp && files === null) throw usage("--no-tcp leaves TLS alone: give --tls-cert and --tls-key too");
  const host = options.host ?? EVERYWHERE;
  const upstream = (unit: string) => `${options.uplink.replace(/^http/, "ws").replace(/\/$/, "")}/mqtt/${unit}`;
  if (files === null && host !== LOOPBACK) onLog("MQTT is not encrypted: give --tls-cert and --tls-key, or --host 127.0.0.1");
  if (options.perClient) return await openPerClient(options, first, host, upstream, onLog);
  const site = await startSite({
    host,
    port: options.tcp ? options.mqttPort : null,
    ...(files === null ? {} : { tls: { port: options.tlsPort, files } }),
    upstream,
    units: [first, ...others],
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.queue === undefined ? {} : { folder: options.queue }),
    ...(options.queueMb === undefined ? {} : { queueBytesMax: options.queueMb * 1024 * 1024 }),
    onLog,
  }).catch(portTaken);
  if (isRefusal(site)) throw usage(refusalLine(site));
  if (options.queue === undefined) onLog("no --queue: while a unit is away, its clients are refused");
  const plain = site.port === null ? [] : [`mqtt://${LOOPBACK}:${site.port}`];
  return { addresses: [...plain, ...(site.tlsPort === null ? [] : [`mqtts://${LOOPBACK}:${site.tlsPort}`])], close: () => site.close() };
}

async function openPerClient(options: GatewayVerb, unit: string, host: string, upstream: (unit: string) => string, onLog: (line: string) => void) {
  if (options.tlsCert !== undefined || options.queue !== undefined || options.token !== undefined)
    throw usage("--per-client knows no TLS, queue or token: leave one or the other out");
  const opened = await startGateway({ host, port: options.mqttPort, upstream, unit, onLog }).catch(portTaken);
  return { addresses: [`mqtt://${LOOPBACK}:${opened.port}`], close: () => opened.close() };
}

function filesOf({ tlsCert, tlsKey, clientCa, identities, requireCertificate }: GatewayVerb): TlsFiles | null {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usage("--tls-cert and --tls-key go together");
  if (tlsCert === undefined || tlsKey === undefined) {
    if (clientCa !== undefined || identities !== undefined || requireCertificate) throw usage("clients' certificates need TLS: give --tls-cert and --tls-key");
    return null;
  }
  if ((clientCa === undefined) !== (identities === undefined))
    throw usage("--client-ca says whose certificates count, --identities for whom they speak: give both");
  if (requireCertificate && clientCa === undefined) throw usage("--require-certificate needs --client-ca and --identities");
  return {
    cert: tlsCert,
    key: tlsKey,
    passwords: !requireCertificate,
    ...(clientCa === undefined ? {} : { clientCa }),
    ...(identities === undefined ? {} : { identities }),
  };
}

function portTaken(error: unknown): never {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error;
  throw taken ? usage(`port ${String(error.port)} is in use: choose another with --mqtt-port or --tls-port (0 takes any free one)`) : error;
}
