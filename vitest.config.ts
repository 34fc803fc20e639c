import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// Every workerd would be handed the authorities that this machine adds, one by one: two seconds of each start. No test leaves the machine.
delete process.env["NODE_EXTRA_CA_CERTS"];

const where = "{contracts,edge,hub,devices}/**/*";
/** One project after another: a workerd is kept for the next file only as long as that is a file of its project too. So many files at a time, whatever the machine. */
const turn = (groupOrder: number, maxWorkers: number) => ({ maxWorkers, sequence: { groupOrder } });
const elsewhere = [`${where}.worker.test.ts`, `${where}.e2e.test.ts`, "**/node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      // Modules are loaded once for each worker, not for each file: half of the processor time of this project was loading.
      { test: { name: "node", include: [`${where}.test.ts`], exclude: elsewhere, ...turn(0, 2), isolate: false, testTimeout: 60_000 } },
      {
        plugins: [cloudflareTest({ main: "./hub/shell/fixture/embedded.ts", wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "worker",
          include: [`${where}.worker.test.ts`],
          ...turn(1, 2),
          // Hub and edge are loaded once for each workerd, not for each file; what a file leaves behind is cleaned up after it.
          isolate: false,
          setupFiles: ["./hub/shell/fixture/clean.ts"],
          testTimeout: 60_000,
          deps: { optimizer: { ssr: { enabled: true, include: ["mqtt-packet"] } } },
        },
      },
      {
        test: {
          name: "e2e",
          include: [`${where}.e2e.test.ts`],
          ...turn(2, 2),
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // A hundred times the command line is started: the types are stripped and the code is compiled by the first.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules", ".cache", "node") },
        },
      },
    ],
  },
});
