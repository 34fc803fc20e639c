/** What the platform hands to the Workers. Held against wrangler.toml by a test. */
interface Env {
  readonly ASSETS: Fetcher;
  readonly UNIT: DurableObjectNamespace<import("./unit.ts").Unit>;
  readonly INTAKE: DurableObjectNamespace<import("./intake.ts").Intake>;
  readonly HUB_OBJECT: DurableObjectNamespace<import("../hub/hub.ts").Hub>;
  readonly OUTGOING: DurableObjectNamespace<import("../hub/outgoing.ts").Outgoing>;
  readonly REGISTRY: DurableObjectNamespace<import("../hub/contracts.ts").Registry>;
  readonly MASTER: DurableObjectNamespace<import("../hub/master.ts").Master>;
  readonly MODELS: DurableObjectNamespace<import("../hub/models.ts").Models>;
  /** `HubRpc` of the hub, by RPC. */
  readonly HUB: import("../contracts/rpc.ts").HubForUnit;
  /** The hub's ends of the WebSockets of units that are elsewhere. */
  readonly LINE: DurableObjectNamespace<import("../hub/line.ts").Line>;
  /** Absent at the edge, and at a hub whose units are elsewhere. */
  readonly EDGE?: Service<typeof import("./worker.ts").UnitRpc>;
  readonly TENANT: string;
  /** Digests of the administrator's tokens; none while it is unset. */
  readonly ADMIN_TOKEN_SHA256?: string;
  /** "1": MQTT clients need no credentials. Only `serve --open-access` sets it, on loopback. */
  readonly OPEN_ACCESS: string;
  /** "1": webhooks and connectors may reach plain HTTP and this machine's own network. For demos and tests only: never where others may register addresses. */
  readonly WEBHOOKS_LOCAL?: string;
  /** "1": connectors, which only an administrator makes, may reach plain HTTP and private addresses: the plant's own ERP. */
  readonly CONNECTORS_LOCAL?: string;
  /** Reaches public addresses only, whatever name leads to them: what webhooks and connectors leave by at the local server. Absent when deployed. */
  readonly PUBLIC_NETWORK?: Fetcher;
  /** The process that runs simulated fleets and, in the demo, the hub's process. Absent when deployed. */
  readonly SIMULATION?: Fetcher;
}
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../hub/embedded.ts");
    durableNamespaces: "Unit" | "Intake" | "Hub" | "Outgoing" | "Registry" | "Line" | "Master" | "Models";
  }
  interface Env extends globalThis.Env {}
}
declare module "*.onnx" {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
