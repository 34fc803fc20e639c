/**
 * A model is swapped under load, and had back: 100 devices at 1 Hz over MQTT into the real server, while a candidate goes from shadow to canary on
 * all of them and then back again. Each way is timed from the request until every device says that it runs the other model, and in the end every
 * message that was sent is acknowledged and scored, once.
 *
 * The way to the canary is the one that there is: the live model has called a job whose visit finds nothing, and the candidate has not.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import type { Glances, Trace } from "../../contracts/board.ts";
import type { ModelsView, ProfileModels } from "../../contracts/models-view.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { apiOf } from "../cli/api.ts";
import type { Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { enterPumps, noisyChannels, tellPast } from "./pump-fleet.ts";

const HOST = "127.0.0.1";
const UNIT = "bench";
const DEVICES = 100;
const PERIOD_MS = 1_000;
/** Rows before the first: a candidate learns its floor from 400 of them. */
const PAST = 430;
/** What is promised of a roll-back. */
const PROMISED_MS = 5_000;
const LOOK_MS = 20;
const GIVE_UP_MS = 60_000;
/** Between two steps: traffic as usual. */
const CALM_MS = 5_000;
/** Answers 0 to everything: what it is does not matter here, what happens around it does. */
const CANDIDATE = fileURLToPath(new URL("../../edge/verdict/fixtures/constant.onnx", import.meta.url));

export async function benchSwap(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: UNIT });
  const clients: MqttClient[] = [];
  let load: Load | null = null;
  try {
    const api = apiOf(server.url, token);
    const ids = Array.from({ length: DEVICES }, (_, i) => `pump-${i}`);
    const passwords = await enterPumps(api, UNIT, ids, ["li-wei"]);
    const bytes = new Uint8Array(readFileSync(CANDIDATE));
    const hash = createHash("sha256").update(bytes).digest("hex");
    await api.putModel(UNIT, hash, bytes);
    await api.ask("POST", `${of()}/models/pump/shadow`, { hash, share: 1, bounds: { ticketsMin: 1, assetDaysMin: 0, canaryDaysMin: 0 } });
    const live = (await models(api)).binding.live;
    for (const id of ids)
      clients.push(await mqtt.connectAsync(`mqtt://${HOST}:${gateway.port}`, { username: `${UNIT}/${id}`, password: passwords.get(id) ?? "", clientId: id }));
    tell("telling what was measured before …");
    const past = await tellPast(clients, UNIT, ids, PAST);
    await until("the past is scored", async () => (await scoredBy(api)) >= past);
    load = speak(clients, ids);
    load.sicken(0, true);
    const called = await until("the live model calls a job", async () =>
      (await api.ask<readonly Ticket[]>("GET", `${of()}/tickets`)).find(({ state }) => state === "offered"),
    );
    await visit(api, server.url, called);
    load.sicken(0, false);
    await until(
      "the candidate has proven itself",
      async () => (await models(api)).comparison?.refusal === undefined && (await models(api)).comparison !== undefined,
    );
    tell("swapping under load …");
    const swapMs = await timed(() => api.ask("POST", `${of()}/models/pump/canary`, {}), api, ids, hash);
    await wait(CALM_MS);
    const backMs = await timed(() => api.ask("POST", `${of()}/models/pump/roll-back`, {}), api, ids, live);
    await wait(CALM_MS);
    const { sent, acked } = await load.end();
    const all = past + sent;
    await until("everything is scored", async () => (await scoredBy(api)) >= all);
    await wait(CALM_MS);
    const scored = await scoredBy(api);
    return {
      bench: "swap",
      ratios: { rollBackOfPromise: Math.round((backMs / PROMISED_MS) * 1000) / 1000, scoredOfSent: scored / all, ackedOfSent: acked / sent },
      figures: { devices: DEVICES, hz: 1000 / PERIOD_MS, swapMs, rollBackMs: backMs, sent: all, acked: past + acked, scored },
      machine: machine(),
    };
  } finally {
    load?.hush();
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await gateway.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

const of = (): string => `/api/u/${UNIT}`;

async function models(api: Api): Promise<ProfileModels> {
  const [profile] = (await api.ask<ModelsView>("GET", `${of()}/models`)).profiles;
  if (profile === undefined) throw failure("the unit has no profile that a model scores");
  return profile;
}

async function scoredBy(api: Api): Promise<number> {
  return (await api.ask<Glances>("GET", `${of()}/devices`)).counters.scored;
}

/** From the request until the trace of every device names that model as its live one. */
async function timed(ask: () => Promise<unknown>, api: Api, ids: readonly string[], model: string): Promise<number> {
  const from = Date.now();
  await ask();
  const waiting = new Set(ids);
  await until("every device runs the other model", async () => {
    for (const id of waiting) {
      if ((await api.ask<Trace>("GET", `${of()}/devices/${id}/trace?after=${Date.now()}`)).model !== model) return false;
      waiting.delete(id);
    }
    return true;
  });
  return Date.now() - from;
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + GIVE_UP_MS; ; await wait(LOOK_MS)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw failure(`${what}: not within ${GIVE_UP_MS / 1000} s`);
  }
}

/** An engineer goes there and finds nothing. */
async function visit(api: Api, url: string, ticket: Ticket): Promise<void> {
  if (ticket.state !== "offered") throw failure("the job is not offered");
  const theirs = apiOf(url, await api.addToken(UNIT, "engineer", ticket.to));
  const at = `${of()}/tickets/${ticket.id}`;
  await theirs.ask("POST", `${of()}/offers/${ticket.offer}/accept`, {});
  await theirs.ask("POST", `${at}/progress`, { to: "travelling" });
  const tickAll = async (before: "working" | "resolved"): Promise<void> => {
    const now = (await api.ask<readonly Ticket[]>("GET", `${of()}/tickets`)).find(({ id }) => id === ticket.id);
    for (const step of now?.checklist ?? []) if (step.before === before) await theirs.ask("POST", `${at}/checklist`, { step: step.id, done: true });
  };
  await tickAll("working").catch(() => undefined);
  await theirs.ask("POST", `${at}/progress`, { to: "working" });
  await tickAll("resolved");
  await theirs.ask("POST", `${at}/progress`, {
    to: "resolved",
    cause: "nothing",
    causeCode: "nothing-found",
    action: "looked",
    partsUsed: [],
    finding: "false-alarm",
  });
}

type Load = {
  readonly sicken: (device: number, bad: boolean) => void;
  readonly end: () => Promise<{ readonly sent: number; readonly acked: number }>;
  /** Nobody says anything any more: what went wrong is told by whoever saw it, not by a client that was closed. */
  readonly hush: () => void;
};

/** Everybody speaks once a second, each at a phase of its own, until the end. */
function speak(clients: readonly MqttClient[], ids: readonly string[]): Load {
  const bad = new Set<number>();
  const flying: Promise<unknown>[] = [];
  let [sent, acked, going] = [0, 0, true];
  const speaking = clients.map(async (client, i) => {
    await wait(((i * 7919) % DEVICES) * (PERIOD_MS / DEVICES));
    for (let at = Date.now(); going; at += PERIOD_MS) {
      await wait(Math.max(0, at - Date.now()));
      if (!going) break;
      sent++;
      const payload = JSON.stringify({ ts: Date.now(), channels: noisyChannels(bad.has(i)) });
      flying.push(
        client.publishAsync(`u/${UNIT}/d/${ids[i]}/telemetry`, payload, { qos: 1 }).then(
          () => acked++,
          () => undefined,
        ),
      );
    }
  });
  return {
    sicken: (device, isBad) => void (isBad ? bad.add(device) : bad.delete(device)),
    hush: () => {
      going = false;
    },
    end: async () => {
      going = false;
      await Promise.all(speaking);
      await Promise.all(flying);
      return { sent, acked };
    },
  };
}
