/** Who hears of operations by a filter: webhooks and named consumers. */
import { z } from "zod";
import type { World } from "../../registry/impact.ts";
import { Filter } from "../../relay/filter.ts";
import { outgoingObject } from "../relay/outgoing-object.ts";

/** What a list of listeners says of each, as far as it is looked at here. */
const Listening = z.array(z.object({ id: z.string(), ...Filter.shape }));

/** With what each wants to hear of; null when they could not be asked. */
export async function readListeners(env: Env): Promise<World["consumers"] | null> {
  try {
    const [outgoing, all] = [outgoingObject(env), { role: "admin", subject: "admin" } as const];
    const lists = await Promise.all([outgoing.consumers(all), outgoing.webhooks(all)]);
    return lists.flatMap((list) => Listening.parse(JSON.parse(list)).map(({ id, ...filter }) => ({ id, filter })));
  } catch (error) {
    console.error("whoever listens could not be asked", error);
    return null;
  }
}
