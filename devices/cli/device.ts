/** `device add`: credentials, once, with code that is ready to paste. `device types`: a profile's channels as a TypeScript module. */
import type { Api, NewDevice, Where } from "./api.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { withApi } from "./api.ts";
import { snippets } from "../sdk/snippets.ts";
import { typesOf } from "../sdk/typed.ts";
import { burstSnippets, burstTopic } from "../sdk/snippets-burst.ts";
import { failure, print, printJson } from "./outcome.ts";

/** Where MQTT clients connect when the server is not running, or runs elsewhere. */
const MQTT_PORT = 1883;

export type DeviceAdd = Where & { readonly unit: string; readonly profile?: string; readonly asset?: string; readonly name?: string; readonly json: boolean };

export async function addDevice(id: string, options: DeviceAdd): Promise<void> {
  const device: NewDevice = {
    device: id,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.asset === undefined ? {} : { asset: options.asset }),
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  await withApi(options, async (api) => {
    if (options.profile !== undefined) await needProfile(api, options.unit, options.profile);
    const { password } = await api.addDevice(options.unit, device);
    const mqtt = api.at.mqtt === null ? null : new URL(api.at.mqtt);
    const mqttHost = mqtt?.hostname ?? new URL(api.at.url).hostname;
    const mqttPort = Number(mqtt?.port ?? MQTT_PORT);
    const access = { unit: options.unit, device: id, password, mqttHost, mqttPort };
    const { profiles } = await api.ask<Scenario>("GET", `/api/u/${options.unit}/scenario`);
    const plan = (options.profile === undefined ? profiles[0] : profiles.find((one) => one.id === options.profile))?.burst;
    const burst = plan === undefined ? undefined : burstSnippets(access, plan);
    const code = { ...snippets(access), ...(burst === undefined ? {} : { burst }) };
    const topic = `u/${options.unit}/d/${id}/telemetry`;
    const webSocket = `${api.at.url.replace(/^http/, "ws")}/mqtt/${options.unit}`;
    if (options.json) {
      printJson({ device: id, unit: options.unit, user: `${options.unit}/${id}`, password, mqttHost, mqttPort, webSocket, topic, snippets: code });
      return;
    }
    print(
      `device    ${id} in unit ${options.unit}\nuser      ${options.unit}/${id}\npassword  ${password}   (shown once)\nMQTT      ${mqttHost}:${mqttPort}, or WebSocket ${webSocket} with user ${id}\ntopic     ${topic}\n`,
    );
    print(`# mosquitto\n${code.mosquitto_pub}\n\n# JavaScript\n${code.javascript}\n# Python\n${code.python}\n# Microcontroller\n${code.arduino}`);
    if (burst !== undefined) print(`\nwaveforms ${burstTopic(access)}\n\n# Python\n${burst.python}\n# Microcontroller\n${burst.c}`);
  });
}

export type DeviceTypes = Where & { readonly unit: string; readonly profile?: string };

export async function printTypes(options: DeviceTypes): Promise<void> {
  await withApi(options, async (api) => {
    if (options.profile !== undefined) await needProfile(api, options.unit, options.profile);
    const { profiles } = await api.ask<Scenario>("GET", `/api/u/${options.unit}/scenario`);
    const profile = options.profile === undefined ? profiles[0] : profiles.find(({ id }) => id === options.profile);
    if (profile !== undefined) print(typesOf(profile).trimEnd());
  });
}

async function needProfile(api: Api, unit: string, profile: string): Promise<void> {
  const { profiles } = await api.ask<Scenario>("GET", `/api/u/${unit}/scenario`);
  if (!profiles.some(({ id }) => id === profile))
    throw failure(`no profile \`${profile}\` in unit ${unit}: there are ${profiles.map(({ id }) => id).join(", ")}`);
}
