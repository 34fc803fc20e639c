/** The program of a Worker's own process (`apart.ts`): one line of order on standard input, one line of readiness on standard output. Ends when its input ends. */
import { createInterface } from "node:readline";
import { ApartOrder } from "./apart.ts";
import type { Ready } from "./apart.ts";
import { startServer } from "./server.ts";
import type { Server } from "./server.ts";

const lines = createInterface({ input: process.stdin });
let server: Promise<Server> | null = null;

lines.once("line", (line) => {
  const { layout, host, port, dataDir, vars, name, bundle, registry } = ApartOrder.parse(JSON.parse(line));
  server = startServer({
    layout,
    host,
    port,
    dataDir,
    vars,
    onLine: (said, grave) => grave && process.stderr.write(`${said}\n`),
    ...(registry === undefined ? {} : { registry }),
    ...(name === undefined ? {} : { name }),
    ...(bundle === undefined ? {} : { bundle }),
  });
  server.then(
    (started) => process.stdout.write(`${JSON.stringify({ url: started.url, workerdPid: started.workerdPid() } satisfies Ready)}\n`),
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
