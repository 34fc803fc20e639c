/**
 * Who hears a topic: a tree of filters by level, and what it says of each topic that is in use. A session with several matching
 * subscriptions is one target: the highest QoS, all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3]. A shared subscription
 * (`$share/{name}/{filter}`) is a group of which each message goes to one [MQTT-4.8.2-1].
 */
import { permitTopic } from "../topic.ts";
import type { BrokerRules } from "./order.ts";
import type { Subscription } from "./packet.ts";
import type { Message, Session, Sub, Target } from "./state.ts";

export type Group = { readonly name: string; readonly filter: string; readonly members: Map<Session, Subscription>; turn: number };
export type Route = { readonly targets: readonly Target[]; readonly groups: readonly Group[] };

export type Router = {
  readonly set: (session: Session, subscription: Subscription) => Group | null;
  readonly remove: (session: Session, filter: string) => void;
  /** Whoever hears this topic now. The answer is remembered until a subscription changes. */
  readonly of: (topic: string, rules: BrokerRules) => Route;
  /** Rises with whatever changes who hears or may publish what. */
  readonly generation: () => number;
  readonly forget: () => void;
  readonly count: () => number;
  readonly hasStatus: () => boolean;
};

/** Most nodes are the end of one filter: what is below them, and groups, come when they are needed. */
type Node = { below: Map<string, Node> | null; readonly subs: Map<Session, Subscription>; groups: Map<string, Group> | null };

/** Topics whose subscribers are remembered: each device has a few. */
const ROUTES_MAX = 8_192;
export const SHARED = "$share/";

export function openRouter(): Router {
  const root = openNode();
  let routes = new Map<string, Route>();
  let generation = 0;
  let count = 0;
  let ofStatus = 0;

  function forget(): void {
    generation++;
    if (routes.size > 0) routes = new Map();
  }

  function set(session: Session, subscription: Subscription): Group | null {
    forget();
    const shared = partsOf(subscription.filter);
    const node = nodeOf(root, shared?.filter ?? subscription.filter);
    if (subscription.filter.startsWith("$SYS") && !node.subs.has(session)) ofStatus++;
    if (shared === null) {
      if (!node.subs.has(session)) count++;
      node.subs.set(session, subscription);
      return null;
    }
    node.groups ??= new Map();
    let group = node.groups.get(shared.name);
    if (group === undefined) node.groups.set(shared.name, (group = { ...shared, members: new Map(), turn: 0 }));
    if (!group.members.has(session)) count++;
    group.members.set(session, subscription);
    return group;
  }

  function remove(session: Session, filter: string): void {
    forget();
    const shared = partsOf(filter);
    const levels = (shared?.filter ?? filter).split("/");
    const path = [root];
    for (const level of levels) {
      const next = path.at(-1)?.below?.get(level);
      if (next === undefined) return;
      path.push(next);
    }
    const node = path.at(-1);
    const group = shared === null ? undefined : node?.groups?.get(shared.name);
    const isGone = shared === null ? node?.subs.delete(session) : group?.members.delete(session);
    if (isGone === true) count--;
    if (isGone === true && filter.startsWith("$SYS")) ofStatus--;
    if (group?.members.size === 0) node?.groups?.delete(group.name);
    for (let i = levels.length; i > 0; i--) {
      const at = path[i];
      if (at === undefined || (at.below?.size ?? 0) + at.subs.size + (at.groups?.size ?? 0) > 0) break;
      path[i - 1]?.below?.delete(levels[i - 1] ?? "");
    }
  }

  function of(topic: string, rules: BrokerRules): Route {
    const known = routes.get(topic);
    if (known !== undefined) return known;
    const subs = new Map<Session, Subscription[]>();
    const groups: Group[] = [];
    const take = (node: Node): void => {
      for (const [session, subscription] of node.subs) {
        const list = subs.get(session);
        if (list === undefined) subs.set(session, [subscription]);
        else list.push(subscription);
      }
      if (node.groups !== null) groups.push(...node.groups.values());
    };
    walk(root, topic.split("/"), 0, topic.startsWith("$"), take);
    const targets: Target[] = [];
    for (const [session, list] of subs) if (mayHear(session, topic, rules)) targets.push(targetOf(session, list));
    const route = { targets, groups };
    if (routes.size >= ROUTES_MAX) routes.clear();
    routes.set(topic, route);
    return route;
  }

  return { set, remove, of, forget, generation: () => generation, count: () => count, hasStatus: () => ofStatus > 0 };
}

/** The share name has no wildcards and is not empty [MQTT-4.8.2-1] [MQTT-4.8.2-2]; null: not a shared filter. */
export function partsOf(filter: string): { readonly name: string; readonly filter: string } | null {
  if (!filter.startsWith(SHARED)) return null;
  const end = filter.indexOf("/", SHARED.length);
  return end < 0 ? { name: filter.slice(SHARED.length), filter: "" } : { name: filter.slice(SHARED.length, end), filter: filter.slice(end + 1) };
}

export function mayHear(session: Session, topic: string, rules: BrokerRules): boolean {
  return permitTopic(topic, "subscribe", session.speaker, rules);
}

export function targetOf(session: Session, list: readonly Subscription[]): Target {
  const [only] = list;
  if (list.length === 1 && only !== undefined)
    return { session, qos: only.qos, sids: only.sid === 0 ? [] : [only.sid], retainAsPublished: only.retainAsPublished, noLocal: only.noLocal };
  return {
    session,
    qos: list.reduce<0 | 1 | 2>((best, { qos }) => (qos > best ? qos : best), 0),
    sids: [...new Set(list.map(({ sid }) => sid).filter((sid) => sid !== 0))],
    retainAsPublished: list.some((one) => one.retainAsPublished),
    noLocal: list.some((one) => one.noLocal),
  };
}

/** What a publisher hears of its own message: the subscriptions without No Local [MQTT-3.8.3-3]. */
export function ownTarget(session: Session, topic: string, takes: (filter: string, topic: string) => boolean): Target | null {
  const list = subscriptionsOf(session, (sub) => !sub.subscription.noLocal && takes(sub.subscription.filter, topic));
  return list.length === 0 ? null : targetOf(session, list);
}

export function subscriptionsOf(session: Session, isWanted: (sub: Sub) => boolean): Subscription[] {
  const list: Subscription[] = [];
  for (const sub of session.subscriptions.values()) if (sub.group === null && isWanted(sub)) list.push(sub.subscription);
  return list;
}

/**
 * The member whose turn it is: first of those who are there and have room, then of those who are there, then of those whose session
 * waits for them. The message stays with the one that was chosen [MQTT-4.8.2-4] [MQTT-4.8.2-5].
 */
export function chooseOf(group: Group, message: Message, rules: BrokerRules): Target | null {
  const members = [...group.members];
  let best: { readonly rank: number; readonly target: Target; readonly at: number } | null = null;
  for (let i = 0; i < members.length; i++) {
    const at = (group.turn + i) % members.length;
    const [session, subscription] = members[at] ?? [];
    if (session === undefined || subscription === undefined || session.ended || !mayHear(session, message.topic, rules)) continue;
    const rank =
      session.conn === null
        ? session.durable && message.qos > 0 && subscription.qos > 0
          ? 1
          : 0
        : session.queue.length > 0 || session.lagFrom !== null
          ? 2
          : 3;
    if (rank > (best?.rank ?? 0)) best = { rank, target: targetOf(session, [subscription]), at };
    if (rank === 3) break;
  }
  if (best !== null) group.turn = best.at + 1;
  return best?.target ?? null;
}

function openNode(): Node {
  return { below: null, subs: new Map(), groups: null };
}

function nodeOf(root: Node, filter: string): Node {
  let node = root;
  for (const level of filter.split("/")) {
    node.below ??= new Map();
    let next = node.below.get(level);
    if (next === undefined) node.below.set(level, (next = openNode()));
    node = next;
  }
  return node;
}

/** `isHidden`: wildcards in the first level don't take names that begin with `$` [MQTT-4.7.2-1]. */
function walk(node: Node, levels: readonly string[], at: number, isHidden: boolean, take: (node: Node) => void): void {
  const rest = isHidden && at === 0 ? undefined : node.below?.get("#");
  if (rest !== undefined) take(rest);
  const level = levels[at];
  if (level === undefined) return take(node);
  const named = node.below?.get(level);
  if (named !== undefined) walk(named, levels, at + 1, isHidden, take);
  const any = isHidden && at === 0 ? undefined : node.below?.get("+");
  if (any !== undefined) walk(any, levels, at + 1, isHidden, take);
}
