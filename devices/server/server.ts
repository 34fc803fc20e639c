/**
 * One local server: a built bundle under workerd, started through Miniflare, with its state in a folder.
 *
 * Miniflare starts workerd as a child and starts it again when it dies, on the same port and with the same state. A `kill -9` of *this*
 * process leaves workerd alive and holding port and state, so its id is told here for the next start to end it (`folder.ts`).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { Miniflare, NoOpLog, Response as PlatformResponse, convertV4MiniflareOptions } from "miniflare";
import type { Request as PlatformRequest } from "miniflare";
import { PAGES, bundleOf } from "./paths.ts";
import type { Layout } from "./paths.ts";

/** The same as in wrangler.toml; a test holds them together. */
export const COMPATIBILITY_DATE = "2026-10-20";
export const COMPATIBILITY_FLAGS = ["nodejs_compat"];
const OBJECTS: Readonly<Record<Layout, Readonly<Record<string, string>>>> = {
  embedded: { UNIT: "Unit", INTAKE: "Intake", HUB_OBJECT: "Hub", OUTGOING: "Outgoing", REGISTRY: "Registry", LINE: "Line", MASTER: "Master", MODELS: "Models" },
  hub: { HUB_OBJECT: "Hub", OUTGOING: "Outgoing", REGISTRY: "Registry", LINE: "Line", MASTER: "Master", MODELS: "Models" },
  edge: { UNIT: "Unit", INTAKE: "Intake" },
};
export const WORKER_NAMES: Readonly<Record<Layout, string>> = { embedded: "outpost", hub: "outpost-hub", edge: "outpost-edge" };

/** Miniflare starts a dead workerd again within a second; after this it has given up. */
const RESTART_MS = 30_000;

export type ServerOptions = {
  readonly layout: Layout;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where the objects keep their state. One process at a time: workerd's bookkeeping beside the objects is locked. */
  readonly dataDir: string;
  readonly vars: Readonly<Record<string, string>>;
  /** Name of the Worker; state is kept under it. Several scenario Workers differ in it. */
  readonly name?: string;
  /** Another folder with a bundle. */
  readonly bundle?: string;
  /** Folder through which the Workers of several processes on this machine find each other: the edge its hub. An edge without one has no hub. */
  readonly registry?: string;
  /** What the Worker finds behind SIMULATION: this process. */
  readonly simulation?: (request: Request) => Promise<Response>;
  /** workerd died and was started again. */
  readonly onRestart?: () => void;
  /** workerd died and did not come back. */
  readonly onLost?: () => void;
  /** The caller ends the server on SIGINT, SIGTERM and SIGHUP. Otherwise Miniflare ends workerd and the process at once. */
  readonly ownSignals?: boolean;
  /** Have workerd's inspector listen, on any free port of this machine: for benches that look into the Worker. */
  readonly inspect?: boolean;
  /** A line that workerd or a Worker printed. */
  readonly onLine?: (line: string, grave: boolean) => void;
};

export type Server = {
  readonly url: string;
  readonly port: number;
  /** Process id of workerd; another one after a restart. */
  workerdPid(): number;
  /** Where its inspector listens; null unless asked for. */
  readonly inspectorUrl: string | null;
  /** Resolves when workerd is gone and the port is free. */
  dispose(): Promise<void>;
};

/** Needs the bundle of `layout` (`build.ts`). Rejects when workerd can't start, for one when the port is busy. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const name = options.name ?? WORKER_NAMES[options.layout];
  mkdirSync(options.dataDir, { recursive: true });
  // A killed process left its entry, and Miniflare would wait until it is stale.
  const registry = registryOf(options);
  if (registry !== undefined) rmSync(join(registry, name), { force: true });
  const slot: Slot = { workerd: null, disposed: false, onExit: () => watch(slot, options.onLost) };
  const onRestart = async (): Promise<void> => {
    await spawned.run(slot, () => findHubAgain());
    options.onRestart?.();
  };
  const make = () => spawned.run(slot, () => new Miniflare(platformOptions(name, options, onRestart)));
  const miniflare = options.ownSignals === true ? withoutSignals(make) : make();
  /** Miniflare's own restart binds the hub to the proxy it had put in the hub's place, and never reaches it again: fresh options do. */
  async function findHubAgain(): Promise<void> {
    if (registryOf(options) === undefined || slot.disposed) return;
    const { port } = await miniflare.ready;
    await miniflare.setOptions(platformOptions(name, { ...options, port: Number(port) }, onRestart));
  }
  try {
    const url = await miniflare.ready;
    return {
      url: `http://${options.host === "0.0.0.0" ? "127.0.0.1" : options.host}:${url.port}`,
      port: Number(url.port),
      workerdPid: () => slot.workerd?.pid ?? 0,
      inspectorUrl: options.inspect === true ? (await miniflare.getInspectorURL()).href : null,
      async dispose() {
        slot.disposed = true;
        await miniflare.dispose();
      },
    };
  } catch (error) {
    slot.disposed = true;
    await miniflare.dispose().catch(() => undefined);
    throw error;
  }
}

function platformOptions(name: string, options: ServerOptions, onRestart: () => Promise<void>): ReturnType<typeof convertV4MiniflareOptions> {
  const directory = options.bundle ?? bundleOf(options.layout);
  const simulation = options.simulation;
  const registry = registryOf(options);
  const isEmbedded = options.layout === "embedded";
  const hub = { HUB: { name: options.layout === "edge" ? WORKER_NAMES.hub : name, entrypoint: "HubRpc" } };
  const edge = { EDGE: { name: isEmbedded ? name : WORKER_NAMES.edge, entrypoint: "UnitRpc" } };
  return convertV4MiniflareOptions({
    host: options.host,
    port: options.port,
    resourcePersistencePath: options.dataDir,
    cf: false,
    log: new NoOpLog(),
    logRequests: false,
    ...(options.inspect === true ? { inspectorPort: 0 } : {}),
    unsafeLocalExplorer: false,
    handleStructuredLogs: ({ level, message }: { readonly level: string; readonly message: string }) => options.onLine?.(message, level === "error"),
    unsafeHandleRuntimeRestart: onRestart,
    ...(registry === undefined ? {} : { unsafeDevRegistryPath: registry }),
    workers: [
      {
        name,
        modulesRoot: directory,
        modules: modulesOf(directory, options.layout),
        compatibilityDate: COMPATIBILITY_DATE,
        compatibilityFlags: COMPATIBILITY_FLAGS,
        bindings: { TENANT: "default", ADMIN_TOKEN_SHA256: "", OPEN_ACCESS: "", ...options.vars },
        durableObjects: Object.fromEntries(Object.entries(OBJECTS[options.layout]).map(([binding, className]) => [binding, { className, useSQLite: true }])),
        serviceBindings: {
          ...hub,
          ...(options.layout === "edge" ? {} : edge),
          ...(options.layout === "edge" ? {} : { PUBLIC_NETWORK: { network: { allow: ["public"], deny: [], tlsOptions: trusted() } } }),
          ...(simulation === undefined ? {} : { SIMULATION: (request: PlatformRequest) => answer(simulation, request) }),
        },
        assets: { directory: PAGES, binding: "ASSETS", routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true }, assetConfig: {} },
      },
    ],
  });
}

/** As Miniflare's own network trusts: browsers' authorities, and those that this machine adds. */
function trusted(): { readonly trustBrowserCas: true; readonly trustedCertificates: string[] } {
  return { trustBrowserCas: true, trustedCertificates: getCACertificates("extra") };
}

/** Embedded, the hub is found in the same process; an edge's binding to a hub needs a registry, if only an empty one. */
function registryOf(options: ServerOptions): string | undefined {
  return options.registry ?? (options.layout === "edge" ? join(options.dataDir, "registry") : undefined);
}

/** The main module first, as workerd wants it. */
function modulesOf(directory: string, layout: Layout): { type: "ESModule" | "CompiledWasm" | "Data" | "Text"; path: string }[] {
  const main = layout === "embedded" ? "embedded.js" : "worker.js";
  const rest = readdirSync(directory).filter((file) => file !== main && !/\.(?:map|md)$/.test(file));
  return [main, ...rest].map((file) => ({ type: typeOf(file), path: join(directory, file) }));
}

function typeOf(file: string): "ESModule" | "CompiledWasm" | "Data" | "Text" {
  if (file.endsWith(".js")) return "ESModule";
  if (file.endsWith(".wasm")) return "CompiledWasm";
  return file.endsWith(".onnx") || file.endsWith(".bin") ? "Data" : "Text";
}

/** Miniflare's requests and answers are classes of their own. */
async function answer(simulation: (request: Request) => Promise<Response>, request: PlatformRequest): Promise<PlatformResponse> {
  const body = request.method === "GET" || request.method === "HEAD" ? null : await request.arrayBuffer();
  // It is asked in Miniflare's context, but what it starts, such as a hub, is not this server's workerd.
  const given = await spawned.run(null, () => simulation(new Request(request.url, { method: request.method, headers: [...request.headers], body })));
  return new PlatformResponse(await given.arrayBuffer(), { status: given.status, headers: [...given.headers] });
}

/** Which server's workerd was spawned: the context in which Miniflare was made reaches its restarts too. */
type Slot = { workerd: ChildProcess | null; disposed: boolean; readonly onExit: () => void };
const spawned = new AsyncLocalStorage<Slot | null>();
subscribe("child_process", (message) => {
  const slot = spawned.getStore();
  const child = (message as { readonly process?: ChildProcess }).process;
  if (slot === undefined || slot === null || child === undefined) return;
  slot.workerd = child;
  child.once("exit", slot.onExit);
});

function watch(slot: Slot, onLost: (() => void) | undefined): void {
  const dead = slot.workerd;
  setTimeout(() => {
    if (!slot.disposed && slot.workerd === dead) onLost?.();
  }, RESTART_MS).unref();
}

/** Miniflare ends the process on signals before anybody else can finish. Its `exit` listener, which ends workerd, stays. */
function withoutSignals<T>(body: () => T): T {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]));
  const made = body();
  for (const signal of signals)
    for (const listener of process.listeners(signal)) if (before.get(signal)?.has(listener) === false) process.off(signal, listener);
  return made;
}
