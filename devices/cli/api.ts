/** The administrator's calls, to a server that runs somewhere, or to one started for the moment on a data folder. */
import type { Scenario, TravelConnector } from "../../contracts/scenario.ts";
import { Refusal } from "../../contracts/refusal.ts";
import type { TailLine } from "../../contracts/board.ts";
import type { Role } from "../../contracts/permission.ts";
import { build } from "../server/build.ts";
import { digestOfToken, findServer, leaveFolder, makeToken, openAdmin, stateFolder, takeFolder } from "../server/folder.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { failure, progress, refusalLine, refusedJob, unanswered, usage } from "./outcome.ts";

/** Longer than any answer of a healthy server, cold start of the model included. */
const ANSWER_MS = 20_000;

/** Where a folder's server will answer once it is started without flags. */
const USUAL = { url: "http://127.0.0.1:8787", hub: "http://127.0.0.1:8787", mqtt: "mqtt://127.0.0.1:1883" };

export type EntityRow = { readonly family: string; readonly entity: unknown };
export type NewUnit = {
  readonly unit: string;
  readonly template: string;
  readonly wms?: string;
  /** Where notices and reports go, by team. */
  readonly teams?: Readonly<Record<string, { readonly url: string }>>;
  readonly travel?: TravelConnector;
  readonly model?: string;
  readonly offerMs?: number;
  readonly planner?: boolean;
  readonly autonomy?: Partial<Scenario["autonomy"]>;
};
export type NewDevice = { readonly device: string; readonly asset?: string; readonly profile?: string; readonly name?: string };

export type Api = {
  /** Where people and devices find the server. Not known of one elsewhere: its gateway. */
  readonly at: { readonly url: string; readonly hub: string; readonly mqtt: string | null };
  createUnit(unit: NewUnit): Promise<void>;
  addDevice(unit: string, device: NewDevice): Promise<{ readonly device: string; readonly password: string }>;
  addToken(unit: string, role: Role, subject: string): Promise<string>;
  /** The path of a link that signs one browser in, once. */
  addLink(unit: string, role: Role, subject: string): Promise<string>;
  /** The same of the hub's page. */
  addHubLink(role: Role, subject: string): Promise<string>;
  /** Without a unit it reads the whole tenant's feed. */
  addIntegratorToken(unit?: string): Promise<string>;
  addHubToken(role: "integrator" | "unit", unit: string): Promise<string>;
  /** The unit syncs with a hub elsewhere from now on. */
  joinHub(unit: string, hub: { readonly url: string; readonly token: string }): Promise<void>;
  writeEntities(unit: string, entities: readonly EntityRow[]): Promise<number>;
  putModel(unit: string, hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  tail(unit: string, after: number, device?: string): Promise<readonly TailLine[]>;
  /** Any other route; rejects with the refusal in words. `waitMs`: for answers that take longer than a healthy server's usual ones. */
  ask<T>(method: "GET" | "POST" | "PUT", path: string, body?: object | Uint8Array<ArrayBuffer>, waitMs?: number): Promise<T>;
};

/** `at`, where it is not at `url` for good. */
export function apiOf(url: string, token: string, at: Api["at"] = { url, hub: url, mqtt: null }): Api {
  const of = (unit: string, path: string) => `/api/u/${encodeURIComponent(unit)}/${path}`;
  async function ask<T>(method: "GET" | "POST" | "PUT", path: string, body?: object | Uint8Array<ArrayBuffer>, base = url, waitMs = ANSWER_MS): Promise<T> {
    const bytes = body instanceof Uint8Array;
    const sent =
      body === undefined
        ? {}
        : { body: bytes ? body : JSON.stringify(body), headers: { "content-type": bytes ? "application/octet-stream" : "application/json" } };
    const response = await fetch(new URL(path, base), {
      method,
      ...sent,
      headers: { ...sent.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(waitMs),
    }).catch((error: unknown) => {
      throw unanswered(`no answer from ${base}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`);
    });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer as T;
    const refusal = Refusal.safeParse(answer);
    throw refusal.success ? refusedJob(refusal.data, unknownUnit(refusal.data, path)) : failure(`${method} ${path} answered ${response.status}`);
  }
  return {
    at,
    ask: (method, path, body, waitMs) => ask(method, path, body, path.startsWith("/api/hub/") ? at.hub : url, waitMs),
    createUnit: async (unit) => void (await ask("POST", "/api/units", unit)),
    addDevice: (unit, device) => ask("POST", of(unit, "devices"), device),
    addToken: async (unit, role, subject) => (await ask<{ token: string }>("POST", of(unit, "tokens"), { role, subject })).token,
    addLink: async (unit, role, subject) => (await ask<{ path: string }>("POST", of(unit, "links"), { role, subject })).path,
    addHubLink: async (role, subject) => (await ask<{ path: string }>("POST", "/api/hub/links", { role, subject }, at.hub)).path,
    addIntegratorToken: async (unit) =>
      (await ask<{ token: string }>("POST", "/api/hub/tokens", { role: "integrator", ...(unit === undefined ? {} : { unit }) }, at.hub)).token,
    addHubToken: async (role, unit) => (await ask<{ token: string }>("POST", "/api/hub/tokens", { role, unit }, at.hub)).token,
    joinHub: async (unit, hub) => void (await ask("POST", of(unit, "hub"), hub)),
    writeEntities: async (unit, entities) => (await ask<{ written: number }>("POST", of(unit, "entities"), { entities })).written,
    putModel: async (unit, hash, bytes) => void (await ask("PUT", of(unit, `models/${hash}`), bytes)),
    tail: (unit, after, device) => ask("GET", of(unit, `tail?after=${after}${device === undefined ? "" : `&device=${encodeURIComponent(device)}`}`)),
  };
}

export type Where = { readonly data: string; readonly server?: string; readonly token?: string };

/** Asks the server at `--server`, else the one running on the folder, else one that is started on the folder for as long as `body` runs. */
export async function withApi<T>(where: Where, body: (api: Api) => Promise<T>): Promise<T> {
  const api = findApi(where);
  return api === null ? await onFolder(where.data, body) : await body(api);
}

/** The server at `--server`, else the one running on the folder; null when none runs there. */
export function findApi(where: Where): Api | null {
  if (where.server !== undefined) {
    if (where.token === undefined) throw usage("--server needs a token: set OUTPOST_TOKEN or give --token");
    return apiOf(where.server, where.token);
  }
  const running = findServer(where.data);
  return running === null ? null : apiOf(running.url, running.token, running);
}

/** In the words of who mistyped a name; undefined for any other refusal. */
function unknownUnit(refusal: Refusal, path: string): string | undefined {
  const unit = /^\/api\/u\/([^/]+)\//.exec(path)?.[1];
  if (refusal.refused !== "unknown-unit" || unit === undefined) return undefined;
  return `no unit \`${unit}\` here: create it with \`outpost unit create ${unit} --template pump-vibration\``;
}

async function onFolder<T>(dir: string, body: (api: Api) => Promise<T>): Promise<T> {
  const { existsSync } = await import("node:fs");
  if (!existsSync(stateFolder(dir)))
    throw usage(`no server runs on ${dir} and it holds no state: start one with \`serve\`, or name a folder with --data or a server with --server`);
  const refused = await takeFolder(dir);
  if (isRefusal(refused)) throw usage(refusalLine(refused));
  const token = makeToken();
  await build(["web", "embedded"], progress);
  const { startServer } = await import("../server/server.ts");
  const server = await startServer({
    layout: "embedded",
    host: "127.0.0.1",
    port: 0,
    dataDir: stateFolder(dir),
    vars: { ADMIN_TOKEN_SHA256: [...openAdmin(dir).sha256, digestOfToken(token)].join(",") },
  });
  try {
    return await body({ ...apiOf(server.url, token), at: USUAL });
  } finally {
    await server.dispose();
    leaveFolder(dir);
  }
}
