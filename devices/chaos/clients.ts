/** Clients that go on whatever happens to their connection: what was not answered for is sent again, as the standard asks of them. */
import { setTimeout as wait } from "node:timers/promises";
import mqtt from "mqtt";
import type { IConnackPacket, MqttClient } from "mqtt";
import { FAULT_SIGMAS, isVibration, pumpChannels } from "../simulator/healthy-pump.ts";
import { startJournal, type Journal } from "./journal.ts";

/** Messages of one client on their way, so that a fault always finds some. */
const WINDOW = 16;
/** Between two messages of one client: some hundred a second. */
const PAUSE_MS = 8;
const RECONNECT_MS = 100;
const WHISPER_MS = 20;
const CALM = 120;
const FAULTY = 15;
const PERIOD_MS = 1_000;
/** Longer than any stretch without a server. */
const SESSION_S = 3_600;

export type Login = { readonly port: number; readonly unit: string; readonly device: string; readonly password: string };
export type Speaker = {
  readonly device: string;
  readonly journal: Journal;
  /** Says no more; resolves when all that was said is acknowledged, false when that takes longer than `withinMs`. */
  finish(withinMs: number): Promise<boolean>;
  close(): Promise<void>;
};

/** Telemetry of a healthy pump at QoS 1, each message of an instant of its own: the instants are the journal's words. */
export function startPump(login: Login): Speaker {
  let last = 0;
  return speak(login, `u/${login.unit}/d/${login.device}/telemetry`, 1, () => {
    const ts = (last = Math.max(last + 1, Date.now()));
    return { word: ts, payload: JSON.stringify({ ts, channels: channelsOf(0) }) };
  });
}

/** Telemetry that asks for no answer, numbered as an SDK numbers it: what the wire loses is lost, and must show as a gap. */
export type Whisperer = {
  readonly device: string;
  /** The number of each instant that was sent. */
  readonly numbers: ReadonlyMap<number, number>;
  close(): Promise<void>;
};

export function startWhisperer(login: Login): Whisperer {
  const client = connectOf(login, `chaos-${login.device}-0`);
  const numbers = new Map<number, number>();
  let last = 0;
  const timer = setInterval(() => {
    if (!client.connected) return;
    const ts = (last = Math.max(last + 1, Date.now()));
    const seq = numbers.size + 1;
    numbers.set(ts, seq);
    client.publish(`u/${login.unit}/d/${login.device}/telemetry`, JSON.stringify({ ts, seq, channels: channelsOf(0) }), { qos: 0 });
  }, WHISPER_MS);
  return {
    device: login.device,
    numbers,
    close() {
      clearInterval(timer);
      return client.endAsync(true);
    },
  };
}

/** Numbers on an ordinary topic at QoS 2. */
export function startTeller(login: Login, topic: string): Speaker {
  let next = 0;
  return speak({ ...login, device: login.device }, topic, 2, () => {
    const word = next++;
    return { word, payload: String(word) };
  });
}

function speak(login: Login, topic: string, qos: 1 | 2, next: () => { readonly word: number; readonly payload: string }): Speaker {
  const client = connectOf(login, `chaos-${login.device}-${qos}`);
  const journal = startJournal();
  let [open, stopped] = [0, false];
  const speaking = (async () => {
    while (!stopped) {
      if (open < WINDOW && client.connected) {
        const { word, payload } = next();
        open++;
        journal.said(word);
        client.publish(topic, payload, { qos }, (error) => {
          open--;
          if (error === null || error === undefined) journal.acknowledged(word);
        });
      }
      await wait(PAUSE_MS);
    }
  })();
  return {
    device: login.device,
    journal,
    async finish(withinMs) {
      stopped = true;
      await speaking;
      for (const until = Date.now() + withinMs; open > 0; await wait(20)) if (Date.now() > until) return false;
      return true;
    },
    close: () => client.endAsync(true),
  };
}

/** Hears numbers at QoS 2 in a session that outlives its connections. Null when the server grants less. */
export async function startListener(login: Login, topic: string, journal: Journal): Promise<MqttClient | null> {
  const client = connectOf(login, `chaos-ear-${login.device}`);
  client.on("message", (_, payload) => journal.heard(Number(payload.toString())));
  const [grant] = await client.subscribeAsync(topic, { qos: 2 });
  if (grant?.qos === 2) return client;
  await client.endAsync(true);
  return null;
}

/** Whether the server says that it takes QoS 2. */
export async function takesQos2(login: Login): Promise<boolean> {
  const client = mqtt.connect(optionsOf(login, "chaos-asks"));
  const answer = await new Promise<IConnackPacket>((resolve, reject) => client.once("connect", resolve).once("error", reject));
  await client.endAsync(true);
  return (answer.properties?.maximumQoS ?? 2) === 2;
}

/** One message with the minutes before now, at whose end the bearing fails. Resolves when it is acknowledged, whatever happens on the way. */
export async function breakDown(login: Login): Promise<number> {
  const client = connectOf(login, `chaos-${login.device}`);
  const now = Date.now();
  const count = CALM + FAULTY;
  const samples = Array.from({ length: count }, (_, i) => ({
    ts: now - (count - 1 - i) * PERIOD_MS,
    channels: channelsOf(Math.sin(i) + (i < CALM ? 0 : FAULT_SIGMAS)),
  }));
  await client.publishAsync(`u/${login.unit}/d/${login.device}/telemetry`, JSON.stringify(samples), { qos: 1 });
  await client.endAsync(true);
  return count;
}

function connectOf(login: Login, clientId: string): MqttClient {
  const client = mqtt.connect(optionsOf(login, clientId));
  // It tries again; what that means is counted elsewhere.
  client.on("error", () => undefined);
  return client;
}

function optionsOf({ port, unit, device, password }: Login, clientId: string): mqtt.IClientOptions {
  return {
    host: "127.0.0.1",
    port,
    protocol: "mqtt",
    protocolVersion: 5,
    username: `${unit}/${device}`,
    password,
    clientId,
    clean: false,
    properties: { sessionExpiryInterval: SESSION_S },
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
    connectTimeout: 10_000,
  };
}

/** Only the vibration speaks. */
function channelsOf(sigmas: number): Readonly<Record<string, number>> {
  return pumpChannels((channel) => (isVibration(channel) ? sigmas : 0));
}
