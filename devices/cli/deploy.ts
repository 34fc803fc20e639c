/**
 * `unit deploy`: the unit's scenario as a Worker of its own, with its own objects, secrets and limits, so that a bad deploy stops one
 * scenario. Its configuration is `[env.edge]` of wrangler.toml under another name.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { unstable_readConfig } from "wrangler";
import { build, run } from "../server/build.ts";
import { DIST, ROOT } from "../server/paths.ts";
import { failure, print, printJson, progress } from "./outcome.ts";

export type Deploy = { readonly dryRun: boolean; readonly json: boolean };

export async function deploy(unit: string, options: Deploy): Promise<void> {
  await build(["web"], progress);
  const folder = join(DIST, "deploy", unit);
  const config = join(folder, "wrangler.json");
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, JSON.stringify(configOf(unit, folder), null, 2));
  progress(options.dryRun ? `bundling ${workerOf(unit)} …` : `deploying ${workerOf(unit)} …`);
  const output = await run("wrangler", ["deploy", "--config", config, ...(options.dryRun ? ["--dry-run", "--outdir", join(folder, "bundle")] : [])], ROOT);
  const upload = /Total Upload: (.+?) \/ gzip: (.+)/.exec(output);
  if (upload === null) throw failure(`wrangler did not say what it uploads:\n${output}`);
  if (options.json) printJson({ unit, worker: workerOf(unit), dryRun: options.dryRun, upload: upload[1], gzip: upload[2], config: relative(ROOT, config) });
  else print(`${workerOf(unit)}: ${upload[1]}, ${upload[2]} compressed${options.dryRun ? "; nothing was deployed" : ""}`);
}

/** The Worker's name is also where its objects live: it never changes for a unit. */
export function workerOf(unit: string): string {
  return `outpost-unit-${unit}`;
}

function configOf(unit: string, folder: string): object {
  const edge = unstable_readConfig({ config: join(ROOT, "wrangler.toml"), env: "edge" }, { hideWarnings: true });
  const assets = edge.assets === undefined ? undefined : { ...edge.assets, directory: relative(folder, join(ROOT, edge.assets.directory ?? "dist/web")) };
  return {
    name: workerOf(unit),
    main: relative(folder, edge.main ?? ""),
    compatibility_date: edge.compatibility_date,
    compatibility_flags: edge.compatibility_flags,
    assets,
    vars: edge.vars,
    durable_objects: edge.durable_objects,
    migrations: edge.migrations,
    services: edge.services,
    rules: edge.rules,
  };
}
