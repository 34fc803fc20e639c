/** The object that everything goes out through, and how it hears that there is something new. */
import { TenantId } from "../../../contracts/ids.ts";
import { hubObject } from "../../../contracts/object-name.ts";
import type { Outgoing } from "../../outgoing.ts";

/** A Worker that heard that nobody is told anything asks again after this; a new endpoint is told by the object's own poll until then. */
const NOBODY_MS = 10_000;

let nobodyUntil = 0;

export function outgoingObject(env: Env): DurableObjectStub<Outgoing> {
  return env.OUTGOING.getByName(hubObject(TenantId.parse(env.TENANT), "outgoing"));
}

/** There is something new in the feed. Null when nobody is told anything, which costs no call; otherwise to be left running, never to be waited for. */
export function wakeOutgoing(env: Env): Promise<void> | null {
  const now = Date.now();
  if (now < nobodyUntil) return null;
  return outgoingObject(env)
    .wake()
    .then(
      (anybody) => void (nobodyUntil = anybody ? 0 : now + NOBODY_MS),
      // Its poll comes.
      () => undefined,
    );
}

/** Somebody was added here: the next operation is told at once. */
export function somebodyListens(): void {
  nobodyUntil = 0;
}
