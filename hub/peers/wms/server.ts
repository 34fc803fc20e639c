/** A small real warehouse (WMS) to reserve parts at: HTTP over its own SQLite. A stub in what it knows, not in how it keeps its word. */
import { Hono } from "hono";
import { z } from "zod";
import { pumpVibration } from "../../catalogue/pump-vibration.ts";
import { listen } from "../listen.ts";
import { type Line, type Reservation, type Stock, openWmsStore } from "./store.ts";

/** One request's body: fifty lines are 3 KiB. */
const BODY_BYTES_MAX = 16 * 1024;
const Asked = z.strictObject({
  ref: z.string().min(1).max(200),
  lines: z
    .array(z.strictObject({ part: z.string().min(1).max(64), quantity: z.number().int().min(1).max(1_000) }))
    .min(1)
    .max(50),
  /** A reservation that becomes this one, or stays as it is. */
  replaces: z.string().min(1).max(100).optional(),
});
const Key = z.string().min(1).max(200);

export type WmsOptions = {
  /** File, or `:memory:`. */
  readonly databasePath: string;
  readonly port: number;
  readonly host: string;
  readonly stock?: readonly Stock[];
  /** Answer this many requests for reservations with 503 first, half of them after the reservation was made: what a bad line does. */
  readonly failFirst?: number;
  readonly now?: () => number;
};
export type Wms = { readonly url: string; close(): Promise<void>; stock(): readonly Stock[]; reservations(): readonly Reservation[] };

export async function startWms(options: WmsOptions): Promise<Wms> {
  const store = openWmsStore(options.databasePath, options.stock ?? STOCK);
  const now = options.now ?? Date.now;
  let failures = options.failFirst ?? 0;
  const app = new Hono();
  app.post("/reservations", async (c) => {
    const key = Key.safeParse(c.req.header("idempotency-key"));
    if (!key.success) return c.json({ error: "send an Idempotency-Key of 1 to 200 characters" }, 400);
    const asked = Asked.safeParse(readJson(await c.req.text()));
    if (!asked.success) return c.json({ error: asked.error.issues[0]?.message ?? "malformed", field: asked.error.issues[0]?.path.join(".") ?? "" }, 400);
    const fails = failures > 0;
    failures -= fails ? 1 : 0;
    if (fails && failures % 2 === 0) return c.json({ error: "out of order" }, 503);
    const { status, body } = store.reserve(key.data, { ...asked.data, lines: sumLines(asked.data.lines) }, now());
    return fails ? c.json({ error: "the answer was lost" }, 503) : c.json(body, status);
  });
  app.delete("/reservations/:id", (c) =>
    store.release(c.req.param("id")) ? c.json({ released: c.req.param("id") }) : c.json({ error: "no such reservation" }, 404),
  );
  app.get("/stock", (c) => c.json({ stock: store.stock() }));
  app.get("/reservations", (c) => c.json({ reservations: store.reservations() }));
  const { url, close } = await listen(app.fetch, options.port, options.host);
  return {
    url,
    stock: store.stock,
    reservations: store.reservations,
    async close() {
      await close();
      store.close();
    },
  };
}

/** Two depots; the nearer one lacks the rarer parts. */
export const STOCK: readonly Stock[] = [...new Set(pumpVibration.faultModes.flatMap((mode) => mode.parts.map((line) => line.part)))]
  .toSorted()
  .flatMap((part, i) => [
    { depot: "changsha-east", part, quantity: i % 3 === 2 ? 0 : 200 },
    { depot: "changsha-west", part, quantity: 1_000 },
  ]);

/** One line for each part, in order of name: the same request however its lines are cut. */
function sumLines(lines: readonly Line[]): readonly Line[] {
  const quantityByPart = new Map<string, number>();
  for (const { part, quantity } of lines) quantityByPart.set(part, (quantityByPart.get(part) ?? 0) + quantity);
  return [...quantityByPart].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([part, quantity]) => ({ part, quantity }));
}

function readJson(text: string): unknown {
  if (text.length > BODY_BYTES_MAX) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
