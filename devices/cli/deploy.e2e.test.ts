import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { build, run } from "../server/build.ts";
import { ROOT } from "../server/paths.ts";
import { runCli } from "./run-cli.ts";

test("L15 a scenario deploys as a Worker of its own, with its own objects: dry run", async () => {
  const { code, out, err } = await runCli(["unit", "deploy", "north-works", "--dry-run", "--json"]);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  const said = JSON.parse(out.trim().split("\n").at(-1) ?? "") as { readonly worker: string; readonly config: string; readonly dryRun: boolean };
  expect(said).toMatchObject({ worker: "outpost-unit-north-works", dryRun: true });
  const config = JSON.parse(readFileSync(join(ROOT, said.config), "utf8")) as Record<string, unknown>;
  expect(config).toMatchObject({
    name: "outpost-unit-north-works",
    durable_objects: {
      bindings: [
        { name: "UNIT", class_name: "Unit" },
        { name: "INTAKE", class_name: "Intake" },
      ],
    },
    services: [{ binding: "HUB", service: "outpost-hub", entrypoint: "HubRpc" }],
  });
});

/** What the README tells to type before a deployment. */
test.each([
  ["", ["env.UNIT", "env.INTAKE", "env.HUB_OBJECT", "env.OUTGOING", "env.REGISTRY", "env.HUB (outpost#HubRpc)"]],
  ["hub", ["env.HUB_OBJECT", "env.OUTGOING", "env.REGISTRY", "env.HUB (outpost-hub#HubRpc)", "env.EDGE (outpost-edge#UnitRpc)"]],
  ["hub-first", ["env.HUB_OBJECT", "env.OUTGOING", "env.REGISTRY", "env.HUB (outpost-hub#HubRpc)"]],
  ["edge", ["env.UNIT", "env.INTAKE", "env.HUB (outpost-hub#HubRpc)"]],
])("L16 the Workers of wrangler.toml pass their dry run: --env '%s'", async (env, bindings) => {
  await build(["web"], () => undefined);
  const output = await run("wrangler", ["deploy", "--dry-run", "--env", env, "--var", "ADMIN_TOKEN_SHA256:abc123"]);
  for (const binding of bindings) expect(output).toContain(binding);
  expect(output).toMatch(/env\.ADMIN_TOKEN_SHA256 \("(?:abc123|\(hidden\))"\)/);
  // Compressed, within the 10 MB of the paid plan.
  const [, size, scale] = /gzip: ([\d.]+) (KiB|MiB)/.exec(output) ?? [];
  expect(Number(size) / (scale === "KiB" ? 1024 : 1)).toBeLessThan(10);
});
