/** A session with an OPC UA server: what it tells of nodes, and what is there to be told. This file and `browse.ts` are the only ones that name the library. */
import { OPCUACertificateManager } from "node-opcua-certificate-manager";
import {
  AttributeIds,
  ClientSubscription,
  type ClientSession,
  DataType,
  type DataValue,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
  TimestampsToReturn,
  UserTokenType,
  type UserIdentityInfo,
  VariantArrayType,
  type Variant,
} from "node-opcua-client";
import type { Backoff } from "../../sdk/backoff.ts";
import type { Tell } from "../sink.ts";
import type { OpcuaConfig } from "./map.ts";

/** An answer that takes longer does not come. */
const ANSWER_MS = 15_000;
/** Changes of one node that the server keeps for us: through a break of some seconds nothing is lost. */
const QUEUE_SIZE = 100;
/** Silence of the server, in publish intervals, until it says that it is there, and until it forgets the subscription. */
const [KEEPALIVES, LIFETIME] = [10, 6_000];

export type Place = Pick<OpcuaConfig, "endpoint" | "security" | "user">;
export type Quality = "good" | "uncertain" | "bad";
/** `value` is NaN where it is no number. `at`: the source's instant, else the server's, else null. */
export type Told = { readonly value: number; readonly quality: Quality; readonly status: string; readonly at: number | null };

export type Line = {
  readonly session: ClientSession;
  /** `told` by the node's place in the list. Answers what the server refuses, by place. */
  follow(
    nodes: readonly string[],
    pace: { readonly samplingMs: number; readonly publishMs: number },
    told: (node: number, told: Told) => void,
  ): Promise<ReadonlyMap<number, string>>;
  close(): Promise<void>;
};

export type LineOptions = { readonly pki: string; readonly backoff: Backoff; readonly tell: Tell; readonly stopped: AbortSignal };

// The library speaks to the console by itself; what matters comes as errors and events.
setWarningLogger(() => {});
setErrorLogger(() => {});

/** Tries until it is connected, then keeps the session through breaks. Rejects once `stopped`, or when the server refuses us for good. */
export async function openLine({ endpoint, security, user }: Place, { pki, backoff, tell, stopped }: LineOptions): Promise<Line> {
  const certificates = new OPCUACertificateManager({
    rootFolder: pki,
    automaticallyAcceptUnknownCertificate: security?.trust === "any",
    disableFileWatchers: true,
  });
  const client = OPCUAClient.create({
    applicationName: "Outpost",
    clientName: "outpost-adapter",
    clientCertificateManager: certificates,
    endpointMustExist: false,
    securityMode: modeOf(security?.mode),
    securityPolicy: security === undefined ? SecurityPolicy.None : SecurityPolicy[security.policy ?? "Basic256Sha256"],
    keepSessionAlive: true,
    transportTimeout: ANSWER_MS,
    defaultTransactionTimeout: ANSWER_MS,
    connectionStrategy: { initialDelay: backoff.firstMs, maxDelay: backoff.mostMs, maxRetry: -1, randomisationFactor: 0.5 },
  });
  client.on("backoff", (_, delay) => tell("waiting", `no server at ${endpoint}; again in ${Math.round(delay)} ms`));
  client.on("connection_lost", () => tell("waiting", "the connection was lost"));
  client.on("connection_reestablished", () => tell("up", ""));
  const left = new AbortController();
  const stop = new Promise<never>((_, reject) => {
    const late = (): void => reject(new Error(`no session with ${endpoint} until it was given up`));
    if (stopped.aborted) late();
    stopped.addEventListener("abort", late, { signal: left.signal });
  });
  try {
    await Promise.race([client.connect(endpoint), stop]);
    const session = await Promise.race([client.createSession(identity(user)), stop]);
    return { session, follow: (nodes, pace, told) => follow(session, nodes, pace, told), close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    left.abort();
  }

  async function close(): Promise<void> {
    await client.disconnect().catch(() => {});
    await certificates.dispose();
  }
}

async function follow(
  session: ClientSession,
  nodes: readonly string[],
  { samplingMs, publishMs }: { readonly samplingMs: number; readonly publishMs: number },
  told: (node: number, told: Told) => void,
): Promise<ReadonlyMap<number, string>> {
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: publishMs,
    requestedLifetimeCount: LIFETIME,
    requestedMaxKeepAliveCount: KEEPALIVES,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const refused = new Map<number, string>();
  const items = await subscription.monitorItems(
    nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    { samplingInterval: samplingMs, queueSize: QUEUE_SIZE, discardOldest: true },
    TimestampsToReturn.Both,
  );
  items.on("changed", (_, value, node) => told(node, toldOf(value)));
  for (const [node, { statusCode }] of items.monitoredItems.entries()) if (statusCode.isNotGood()) refused.set(node, statusCode.name);
  return refused;
}

function toldOf(value: DataValue): Told {
  const { statusCode, sourceTimestamp, serverTimestamp } = value;
  const quality = statusCode.isGood() ? "good" : statusCode.value >>> 30 === 1 ? "uncertain" : "bad";
  return { value: numberOf(value.value), quality, status: statusCode.name, at: (sourceTimestamp ?? serverTimestamp)?.getTime() ?? null };
}

/** A scalar number, a boolean as 1 or 0; NaN for all else. Integers of 64 bits beyond 2^53 lose their last digits. */
export function numberOf(variant: Variant | null | undefined): number {
  if (variant === null || variant === undefined || variant.arrayType !== VariantArrayType.Scalar) return Number.NaN;
  const value: unknown = variant.value;
  switch (variant.dataType) {
    case DataType.Boolean:
      return value === true ? 1 : 0;
    case DataType.Int64:
      return wide(value, true);
    case DataType.UInt64:
      return wide(value, false);
    default:
      return typeof value === "number" ? value : Number.NaN;
  }
}

/** The library's 64 bits: the upper and the lower half. */
function wide(value: unknown, signed: boolean): number {
  if (!Array.isArray(value)) return Number.NaN;
  const [high, low] = value.map(Number);
  return (signed ? (high ?? 0) | 0 : (high ?? 0)) * 2 ** 32 + (low ?? 0);
}

function modeOf(mode: "sign" | "encrypt" | undefined): MessageSecurityMode {
  if (mode === undefined) return MessageSecurityMode.None;
  return mode === "sign" ? MessageSecurityMode.Sign : MessageSecurityMode.SignAndEncrypt;
}

function identity(user: Place["user"]): UserIdentityInfo {
  return user === undefined ? { type: UserTokenType.Anonymous } : { type: UserTokenType.UserName, userName: user.name, password: user.password };
}
