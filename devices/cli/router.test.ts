/** `--router` and `--travel` against servers on loopback: roads that come, and every way in which they don't. */
import { createServer, type IncomingMessage } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { readPlan } from "./plan-input.ts";
import { planFor } from "./plan.ts";
import { withRoads } from "./plan-router.ts";
import { parseProfile, parseRouter } from "./router-option.ts";
import { checkRouter } from "./router.ts";
import { runCli } from "./run-cli.ts";

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

type Asked = { readonly url: string; readonly body: string };
async function serve(answer: (asked: Asked) => { readonly status: number; readonly body: unknown }): Promise<{ readonly url: string; readonly seen: Asked[] }> {
  const seen: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      seen.push({ url: request.url ?? "", body });
      const said = answer({ url: request.url ?? "", body });
      response.writeHead(said.status, { "content-type": "application/json" }).end(JSON.stringify(said.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ending.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

type Pair = readonly [lon: number, lat: number];
/** 100 s and 1,000 m for each hundredth of a degree of longitude; behind the river, east of 2°, nothing is reached; south of the equator there is no map. */
const secondsOf = ([a]: Pair, [b]: Pair): number | null => (a > 2 !== b > 2 ? null : Math.round(Math.abs(a - b) * 10_000));

function osrmAt({ url }: Asked): { readonly status: number; readonly body: unknown } {
  const { pathname, searchParams } = new URL(url, "http://x");
  const all = decodeURIComponent(pathname.split("/").at(-1) ?? "")
    .split(";")
    .map((pair): Pair => {
      const [lon = Number.NaN, lat = Number.NaN] = pair.split(",").map(Number);
      return [lon, lat];
    });
  const part = (name: string): Pair[] =>
    searchParams
      .get(name)
      ?.split(";")
      .map((i) => all[Number(i)] ?? [0, 0]) ?? all;
  const nowhere = all.findIndex(([, lat]) => lat < 0);
  if (nowhere !== -1) return { status: 400, body: { code: "NoSegment", message: `Could not find a matching segment for coordinate ${nowhere}` } };
  const durations = part("sources").map((a) => part("destinations").map((b) => secondsOf(a, b)));
  return { status: 200, body: { code: "Ok", durations, distances: durations.map((row) => row.map((s) => (s === null ? null : s * 10))) } };
}

function valhallaAt({ body }: Asked): { readonly status: number; readonly body: unknown } {
  const { sources, targets } = JSON.parse(body) as Record<"sources" | "targets", { lat: number; lon: number }[]>;
  const durations = sources.map((a) => targets.map((b) => secondsOf([a.lon, a.lat], [b.lon, b.lat])));
  const distances = durations.map((row) => row.map((s) => (s === null ? null : s / 100)));
  return { status: 200, body: { units: "kilometers", sources_to_targets: { durations, distances } } };
}

const PROBLEM = {
  vehicles: [{ id: 1, start: [1.000_012, 10], end: [1.000_012, 10], costs: { per_hour: 3_600 } }],
  jobs: [
    { id: 7, location: [1.02, 10] },
    { id: 8, location: [1.01, 10], service: 60 },
  ],
};

test.each([
  ["osrm", osrmAt],
  ["valhalla", valhallaAt],
] as const)("RT41 a plan by the roads of %s: exact places are asked about, and what it says is the travel", async (kind, answer) => {
  const server = await serve(answer);
  const input = await withRoads(PROBLEM, { kind, url: server.url }, () => {});
  const task = readPlan(input);
  if (isRefusal(task)) throw new Error(task.rule);
  const { summary, routes, unassigned } = planFor(task, { seed: 1, iterations: 100 });
  expect(unassigned).toEqual([]);
  expect(summary).toMatchObject({ duration: 400, distance: 4_000, service: 60 });
  expect(routes[0]?.steps.map(({ location }) => location)).toContainEqual([1.02, 10]);
  expect(server.seen).toHaveLength(1);
  expect(decodeURIComponent(server.seen.map(({ url, body }) => url + body).join())).toContain("1.000012");
});

test("RT41 what can't be reached is left over with its reason; hundreds of places are asked about in parts; each profile is asked for", async () => {
  const server = await serve(osrmAt);
  const jobs = Array.from({ length: 150 }, (_, i) => ({ id: i, location: [1 + i / 1_000, 10] }));
  const vehicles = [...PROBLEM.vehicles, { id: 2, profile: "truck", start: [1, 10] }];
  const input = await withRoads({ vehicles, jobs: [...jobs, { id: 900, location: [3, 10] }] }, { kind: "osrm", url: server.url }, () => {});
  expect(input.matrices?.["car"]?.durations).toHaveLength(152);
  expect(server.seen.length).toBeGreaterThan(2 * 9);
  expect(new Set(server.seen.map(({ url }) => url.split("/")[3]))).toEqual(new Set(["driving", "truck"]));
  const task = readPlan(input);
  if (isRefusal(task)) throw new Error(task.rule);
  expect(planFor(task, { seed: 1, iterations: 50 }).unassigned).toMatchObject([{ id: 900 }]);
});

test("RT42 who does not answer as a routing server does is named with what to do, and so is a place that is on no map", async () => {
  const ask = (url: string, problem: object = PROBLEM) => withRoads(problem, { kind: "osrm", url }, () => {}).then(() => "taken", String);
  const away = await serve(osrmAt);
  await ending.pop()?.();
  expect(await ask(away.url)).toMatch(/^Error: --router: no table from osrm at http:\S+: .*ECONNREFUSED.*; see that it runs .*leave --router out$/);
  expect(await ask((await serve(() => ({ status: 404, body: "nothing here" }))).url)).toMatch(/--router: no table from osrm .*404/);
  expect(await ask((await serve(() => ({ status: 400, body: { error_code: 106, error: "Try any of: /route" } }))).url)).toMatch(
    /--router: no table from osrm .*400/,
  );
  expect(await ask((await serve(() => ({ status: 200, body: { code: "Ok", durations: [[0]] } }))).url)).toMatch(/no table as it was asked for/);
  const { url } = await serve(osrmAt);
  const south = { ...PROBLEM, jobs: [...PROBLEM.jobs, { id: 9, location: [1.03, -1] }] };
  expect(await ask(url, south)).toMatch(/--router: jobs\[2\]\.location \[1\.03, -1\] is not on the map of osrm/);
  expect(await ask(url, { ...PROBLEM, matrices: { car: { durations: [[0]] } } })).toMatch(/--router: the file brings its own matrices/);
  await expect(checkRouter("--travel", { kind: "osrm", url }, { lat: 10, lon: 1 })).resolves.toEqual({ knowsPlace: true });
  await expect(checkRouter("--travel", { kind: "osrm", url }, { lat: -10, lon: 1 })).resolves.toEqual({ knowsPlace: false });
});

test("RT42 the option is read before anything is asked", () => {
  expect(parseRouter("osrm=http://127.0.0.1:5000")).toEqual({ kind: "osrm", url: "http://127.0.0.1:5000" });
  expect(parseRouter("valhalla=https://roads.example/v?key=1")).toEqual({ kind: "valhalla", url: "https://roads.example/v?key=1" });
  for (const bad of ["http://127.0.0.1:5000", "ors=http://127.0.0.1", "osrm"]) expect(() => parseRouter(bad)).toThrow(/osrm=URL or valhalla=URL/);
  for (const bad of ["osrm=", "osrm=127.0.0.1:5000", "valhalla=ftp://x"]) expect(() => parseRouter(bad)).toThrow(/http:\/\/ or https:\/\//);
  expect(parseProfile("truck")).toBe("truck");
  expect(() => parseProfile("../x")).toThrow(/profile's name/);
});

test("RT42 the commands say it in one line: a plan by roads, a router that is away, options that want another", { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "outpost-router-"));
  ending.push(async () => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "problem.json");
  writeFileSync(file, JSON.stringify(PROBLEM));
  const server = await serve(osrmAt);
  const [good, gone, bad, lone] = await Promise.all([
    runCli(["plan", file, "--iterations", "50", "--router", `osrm=${server.url}`]),
    runCli(["plan", file, "--router", "osrm=http://127.0.0.1:1"]),
    runCli(["unit", "create", "u", "--template", "pump-vibration", "--travel", "nearby"]),
    runCli(["unit", "create", "u", "--template", "pump-vibration", "--traffic"]),
  ]);
  expect(good.code).toBe(0);
  expect(JSON.parse(good.out)).toMatchObject({ code: 0, summary: { duration: 400 }, travel: { by: "osrm", url: server.url } });
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.out)).toMatchObject({ code: 3 });
  expect(gone.err).toContain("--router: no table from osrm at http://127.0.0.1:1");
  expect([bad.code, lone.code]).toEqual([2, 2]);
  expect(bad.err).toMatch(/--travel.*osrm=URL or valhalla=URL/);
  expect(lone.err).toContain("name one with --travel");
});
