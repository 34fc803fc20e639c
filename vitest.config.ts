import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const where = "{contracts,edge,hub,devices}/**/*";
const elsewhere = [`${where}.worker.test.ts`, `${where}.e2e.test.ts`, "**/node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", include: [`${where}.test.ts`], exclude: elsewhere, testTimeout: 60_000 } },
      {
        plugins: [cloudflareTest({ main: "./hub/embedded.ts", wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "worker",
          include: [`${where}.worker.test.ts`],
          testTimeout: 60_000,
          deps: { optimizer: { ssr: { enabled: true, include: ["mqtt-packet"] } } },
        },
      },
      { test: { name: "e2e", include: [`${where}.e2e.test.ts`], fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
  },
});
