/**
 * The only door to the hub's binding. Every call goes through it under a tag and is counted when it begins: `background` for the link
 * that sends what is already committed, `path` for whatever an input would wait for. A decision record says how many of those there were.
 */
import type { HubForUnit } from "../../contracts/rpc.ts";

type CallTag = "background" | "path";

export type HubPort = Readonly<Record<CallTag, HubForUnit>> & {
  /** Calls begun under a tag since this object was opened. */
  calls(tag: CallTag): number;
};

/** `elsewhere`: a hub that this Worker is not bound to. */
export function hubPort(env: { readonly HUB: HubForUnit }, elsewhere: HubForUnit | null = null): HubPort {
  const hub = elsewhere === null ? env.HUB : elsewhere;
  const calls = { background: 0, path: 0 };
  const counted = (tag: CallTag): HubForUnit => ({
    register: (registration) => {
      calls[tag] += 1;
      return hub.register(registration);
    },
    push: (batch) => {
      calls[tag] += 1;
      return hub.push(batch);
    },
    pull: (ask) => {
      calls[tag] += 1;
      return hub.pull(ask);
    },
    load: (ask) => {
      calls[tag] += 1;
      return hub.load(ask);
    },
    digest: (ask) => {
      calls[tag] += 1;
      return hub.digest(ask);
    },
    rows: (ask) => {
      calls[tag] += 1;
      return hub.rows(ask);
    },
    heard: (ask) => {
      calls[tag] += 1;
      return hub.heard(ask);
    },
    note: (ask) => {
      calls[tag] += 1;
      return hub.note(ask);
    },
    models: (ask) => {
      calls[tag] += 1;
      return hub.models(ask);
    },
    blob: (ask) => {
      calls[tag] += 1;
      return hub.blob(ask);
    },
  });
  return { background: counted("background"), path: counted("path"), calls: (tag) => calls[tag] };
}
