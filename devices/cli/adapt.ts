/** `adapt`: runs an adapter with its devices' links, or browses and prints what it proposes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { DeviceId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { readConfig } from "../adapters/config.ts";
import type { Proposal } from "../adapters/proposal.ts";
import type { Adapter, Sink, Tell } from "../adapters/sink.ts";
import { connectDevice, type DeviceLink } from "../sdk/device.ts";
import { fileStore } from "../sdk/file-store.ts";
import { readDocument } from "./document.ts";
import { failure, print, progress, refusalLine, usage } from "./outcome.ts";

export type AdaptOptions = { readonly unit?: string; readonly url: string; readonly password?: string; readonly keep: string; readonly browse: boolean };

/** From one line about how it goes to the next. */
const TELL_MS = 60_000;

type Running = { counts(): object; close(): Promise<void> };
type Listed = { readonly device: DeviceId; readonly password?: string | undefined };

export async function adapt(kind: string, file: string, options: AdaptOptions): Promise<void> {
  if (kind !== "modbus" && kind !== "opcua" && kind !== "broker") throw usage(`no adapter ${kind}: use modbus, opcua or broker`);
  if (options.browse) return printProposal(await browse(kind, file, options));
  const { unit } = options;
  if (unit === undefined) throw usage("--unit: whose devices they are; only --browse goes without");
  mkdirSync(options.keep, { recursive: true });
  const running = await start(kind, file, { ...options, unit });
  const telling = setInterval(() => progress(`${kind}: ${JSON.stringify(running.counts())}`), TELL_MS);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  clearInterval(telling);
  await running.close();
  progress(`${kind}: ${JSON.stringify(running.counts())}`);
}

async function start(kind: "modbus" | "opcua" | "broker", file: string, options: AdaptOptions & { readonly unit: string }): Promise<Running> {
  const tell: Tell = (state, why) => progress(`${kind}: ${state}${why === "" ? "" : `, ${why}`}`);
  switch (kind) {
    case "modbus": {
      const [{ ModbusConfig }, { startPolling }] = await Promise.all([import("../adapters/modbus/map.ts"), import("../adapters/modbus/poll.ts")]);
      const config = configIn(file, ModbusConfig);
      return withLinks(config.devices, options, (sink) => startPolling(config, sink, { tell }));
    }
    case "opcua": {
      const [{ OpcuaConfig }, { startFollowing }] = await Promise.all([import("../adapters/opcua/map.ts"), import("../adapters/opcua/follow.ts")]);
      const config = configIn(file, OpcuaConfig);
      const onQuality = (device: string, channel: string, status: string): void => progress(`${kind}: ${device} ${channel}: ${status}`);
      return withLinks(config.devices, options, (sink) => startFollowing(config, sink, { tell, onQuality, pki: join(options.keep, "pki") }));
    }
    case "broker":
      return startBroker(file, options, tell);
  }
}

async function startBroker(file: string, options: AdaptOptions & { readonly unit: string }, tell: Tell): Promise<Running> {
  const [{ BridgeConfig }, { startBridge }, { openRelay }] = await Promise.all([
    import("../adapters/broker/table.ts"),
    import("../adapters/broker/bridge.ts"),
    import("../adapters/broker/relay.ts"),
  ]);
  const config = configIn(file, BridgeConfig);
  if (new URL(config.broker.url).host === new URL(options.url).host) throw usage(`${file}: broker.url: the unit's own address: a bridge to itself goes round`);
  const links = linksOf(config.devices, options);
  const asIs = config.topics.some(({ topic }) => topic !== undefined);
  const relays = new Map(
    (asIs ? config.devices : []).map(({ device, password }) => [
      device,
      openRelay({
        url: options.url,
        user: `${options.unit}/${device}`,
        password: password ?? options.password ?? "",
        clientId: `${device}-relay`,
        via: options.unit,
        store: fileStore(join(options.keep, `${options.unit}.${device}.messages.log`)),
      }),
    ]),
  );
  const bridge = startBridge(
    config,
    {
      telemetry: async (device, telemetry) => {
        const link = links.get(device);
        if (link === undefined) return missing(device);
        // The link's store is a file: what it did not refuse at once is kept there.
        const answer = await Promise.race([link.publish(telemetry), Promise.resolve("kept" as const)]);
        return isRefusal(answer) ? answer : "kept";
      },
      message: async (device, message) => {
        const kept = await relays
          .get(device)
          ?.offer(message)
          .catch((error: unknown) => refuse("unavailable", `the store failed: ${error instanceof Error ? error.message : String(error)}`, "look at the disk"));
        if (kept === undefined) return missing(device);
        if (isRefusal(kept)) return kept;
        return kept ? "kept" : refuse("too-many", "no room for more messages", "wait until the unit is back");
      },
    },
    { via: options.unit, tell },
  );
  return {
    counts: () => bridge.counts(),
    close: async () => {
      await bridge.close();
      for (const one of [...relays.values(), ...links.values()]) await one.close();
    },
  };
}

function missing(device: string): Refusal {
  return refuse("unknown-device", `${device} is not among the devices`, "add it to devices");
}

function withLinks(devices: readonly Listed[], options: AdaptOptions & { readonly unit: string }, open: (sink: Sink) => Adapter): Running {
  const links = linksOf(devices, options);
  const adapter = open((device, telemetry) => links.get(device)?.publish(telemetry) ?? Promise.resolve(missing(device)));
  return {
    counts: () => ({ ...adapter.counts(), waiting: [...links.values()].reduce((sum, link) => sum + link.counts().waiting, 0) }),
    close: async () => {
      await adapter.close();
      for (const link of links.values()) await link.close();
    },
  };
}

/** A link for each device, with what it has not delivered in a file of its own. A gap at the unit's end costs the oldest. */
function linksOf(devices: readonly Listed[], { unit, url, password, keep }: AdaptOptions & { readonly unit: string }): ReadonlyMap<DeviceId, DeviceLink> {
  return new Map(
    devices.map((one) => [
      one.device,
      connectDevice({
        url,
        unit,
        device: one.device,
        password: one.password ?? password ?? "",
        store: fileStore(join(keep, `${unit}.${one.device}.log`)),
        onState: (state, why) => {
          if (state !== "connecting") progress(`${one.device}: ${state}${why === "" ? "" : `, ${why}`}`);
        },
      }),
    ]),
  );
}

async function browse(kind: "modbus" | "opcua" | "broker", file: string, { keep }: AdaptOptions): Promise<Proposal | null> {
  switch (kind) {
    case "modbus": {
      const { browseModbus, ModbusBrowse } = await import("../adapters/modbus/browse.ts");
      return browseModbus(configIn(file, ModbusBrowse)).catch(away);
    }
    case "opcua": {
      const { browseOpcua, OpcuaBrowse } = await import("../adapters/opcua/browse.ts");
      const config = configIn(file, OpcuaBrowse);
      mkdirSync(keep, { recursive: true });
      return browseOpcua(config, join(keep, "pki")).catch(away);
    }
    case "broker":
      throw usage("--browse: a broker has nothing to browse; listen to it with mosquitto_sub -v -t '#'");
  }
}

function away(error: unknown): never {
  throw failure(`the server could not be browsed: ${error instanceof Error ? error.message : String(error)}`);
}

function printProposal(proposal: Proposal | null): void {
  if (proposal === null) throw failure("nothing found that holds a number: look at another range, table or node");
  print(JSON.stringify(proposal, null, 2));
}

/** Bad usage where it does not fit: each fault with its line, the first one last. */
function configIn<T extends z.ZodType>(file: string, schema: T): z.output<T> {
  const { value, lineOf } = readDocument(file);
  const read = readConfig(schema, value);
  if ("config" in read) return read.config;
  const told = (fault: Refusal): string => `${file}${lineOf(fault.field)}: ${refusalLine(fault)}`;
  const [first, ...others] = read.faults;
  for (const fault of others) progress(told(fault));
  throw usage(first === undefined ? `${file}: does not fit` : told(first));
}
