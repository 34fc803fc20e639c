import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const where = "{contracts,edge,hub,devices}/**/*";
/** Two files at a time, whatever the machine: a file of the worker project spends most of its time in loading, one of the e2e project in waiting. */
const maxWorkers = 2;
const elsewhere = [`${where}.worker.test.ts`, `${where}.e2e.test.ts`, "**/node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", include: [`${where}.test.ts`], exclude: elsewhere, maxWorkers, testTimeout: 60_000 } },
      {
        plugins: [cloudflareTest({ main: "./hub/embedded.ts", wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "worker",
          include: [`${where}.worker.test.ts`],
          maxWorkers,
          testTimeout: 60_000,
          deps: { optimizer: { ssr: { enabled: true, include: ["mqtt-packet"] } } },
        },
      },
      { test: { name: "e2e", include: [`${where}.e2e.test.ts`], maxWorkers, testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
  },
});
