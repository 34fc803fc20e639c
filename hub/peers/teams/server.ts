/** Inboxes of teams that a unit tells: the account's owner, the product team. In memory; a message under a key that was heard is the same message. */
import { Hono } from "hono";
import { z } from "zod";
import { listen } from "../listen.ts";

/** Messages kept; a demo tells some dozens. */
const MESSAGES_MAX = 10_000;

const Message = z.object({ key: z.string(), decision: z.string(), action: z.string(), to: z.string(), about: z.record(z.string(), z.unknown()) });
export type Message = z.infer<typeof Message>;
export type Teams = { readonly url: string; urlOf(team: string): string; messages(): readonly Message[]; close(): Promise<void> };

export async function startTeams({ host, port }: { readonly host: string; readonly port: number }): Promise<Teams> {
  const messages = new Map<string, Message>();
  const app = new Hono();
  app.post("/teams/:team", async (c) => {
    const key = c.req.header("idempotency-key") ?? "";
    const message = Message.safeParse(await c.req.json().catch(() => null));
    if (!message.success || message.data.key !== key || message.data.to !== c.req.param("team")) return c.json({ error: "not a message to this team" }, 400);
    if (!messages.has(key) && messages.size < MESSAGES_MAX) messages.set(key, message.data);
    return c.json({ ref: `${c.req.param("team")}-${[...messages.keys()].indexOf(key) + 1}` });
  });
  const { url, close } = await listen(app.fetch, port, host);
  return { url, urlOf: (team) => `${url}/teams/${team}`, messages: () => [...messages.values()], close };
}
