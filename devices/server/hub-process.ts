/** The program of the hub's process (`hub.ts`): one line of order on standard input, one line of readiness on standard output. Ends when its input ends. */
import { createInterface } from "node:readline";
import { HubOrder } from "./hub.ts";
import { startServer } from "./server.ts";
import type { Server } from "./server.ts";

const lines = createInterface({ input: process.stdin });
let server: Promise<Server> | null = null;

lines.once("line", (line) => {
  const order = HubOrder.parse(JSON.parse(line));
  server = startServer({
    layout: "hub",
    host: order.host,
    port: order.port,
    dataDir: order.dataDir,
    registry: order.registry,
    vars: order.vars,
    onLine: (said, grave) => grave && process.stderr.write(`${said}\n`),
    ...(order.bundle === undefined ? {} : { bundle: order.bundle }),
  });
  server.then(
    (started) => process.stdout.write(`${JSON.stringify({ url: started.url, workerdPid: started.workerdPid() })}\n`),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
lines.once("close", () => {
  void (async () => {
    await (await server)?.dispose();
    process.exit(0);
  })();
});
