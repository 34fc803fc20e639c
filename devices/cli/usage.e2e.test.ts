import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const BAD: readonly (readonly [argv: string, complaint: RegExp])[] = [
  ["--foo", /unknown option '--foo'/],
  ["srve", /unknown command 'srve' \(did you mean serve\?\)/],
  ["serve --port 99999", /'--port <port>'.*use a port from 0/],
  ["serve --port x", /'--port <port>'/],
  ["serve --open-access --host 0.0.0.0", /loopback only/],
  ["demo --nonsense", /unknown option/],
  ["device add --unit plant", /missing required argument 'id'/],
  ["device add pump-7", /required option '--unit <unit>'/],
  ["device add a/b --unit plant", /letters, digits/],
  ["device add pump-7 --unit PLANT", /lower-case letters/],
  ["device add pump-7 --unit plant --server nope", /'nope' is not an address/],
  ["device add pump-7 --unit plant --server http://127.0.0.1:1", /--server needs a token/],
  ["token add --role boss --unit plant", /operations, dispatcher, engineer, integrator/],
  ["token add --role admin --unit plant", /operations, dispatcher/],
  ["link add --role integrator --unit plant", /operations, dispatcher, engineer/],
  ["link add --role engineer --unit plant", /--subject/],
  ["link add --role operations", /--unit is missing: name the unit, or --hub/],
  ["link add --role operations --unit plant --hub", /--hub and --unit/],
  ["link add --role engineer --hub", /no page at the hub: use operations or integrator/],
  ["engineer add mei --unit plant --skills Bad!", /lower-case letters/],
  ["engineer add mei --unit plant --lat 91", /from -90 to 90/],
  ["engineer add mei --unit plant --lat -33.8", /--lat and --lon go together/],
  ["unit create plant", /--template/],
  ["unit create plant --template nothing", /no template nothing: there are pump-vibration/],
  ["tail plant --count 0", /whole number from 1/],
  ["replay --data /nowhere --template pump-vibration", /no folder \/nowhere/],
  ["replay --data . --template nothing", /no template nothing/],
  ["agreement import /nowhere.json --unit plant", /nowhere\.json: ENOENT/],
  ["knowledge import package.json --unit PLANT", /lower-case letters/],
  ["bench nothing", /no benchmark nothing/],
  ["simulate sync --seeds 9..1", /use a range such as 1\.\.100/],
];

test.each(BAD)("L10 bad usage ends with exit 2 and one clear line: %s", async (argv, complaint) => {
  const { code, out, err } = await runCli(argv.split(" "));
  expect([code, out, err.trim().split("\n").length]).toEqual([2, "", 1]);
  expect(err).toMatch(complaint);
});

test("L11 every verb explains itself", async () => {
  for (const verb of [
    "demo",
    "serve",
    "device add",
    "engineer add",
    "link add",
    "token add",
    "unit create",
    "unit deploy",
    "tail",
    "replay",
    "simulate sync",
    "agreement import",
    "model release",
    "bench",
  ]) {
    const { code, out } = await runCli([...verb.split(" "), "--help"]);
    expect([verb, code]).toEqual([verb, 0]);
    expect(out).toMatch(new RegExp(`^Usage: outpost ${verb}`));
  }
});

test("L12 a busy port ends with exit 2 and names the flag", async () => {
  const dir = mkdtempSync(join(tmpdir(), "outpost-busy-"));
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const busy = String((holder.address() as AddressInfo).port);
  try {
    for (const [flag, other] of [
      ["--port", "--mqtt-port"],
      ["--mqtt-port", "--port"],
    ] as const) {
      for (const verb of [
        ["serve", "--host", "127.0.0.1", "--data", dir],
        ["demo", "--once"],
      ]) {
        const { code, err } = await runCli([...verb, flag, busy, other, "0"]);
        expect([code, err]).toEqual([2, `outpost: port ${busy} is in use: choose another with ${flag} (0 takes any free one)\n`]);
      }
    }
  } finally {
    holder.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("L13 a server that does not answer fails the job: exit 1, one line", async () => {
  const { code, err } = await runCli(["device", "add", "pump-7", "--unit", "plant", "--server", "http://127.0.0.1:1"], { OUTPOST_TOKEN: "x" });
  expect([code, err.trim().split("\n").length]).toEqual([1, 1]);
  expect(err).toMatch(/no answer from http:\/\/127\.0\.0\.1:1/);
});

test("L14 a folder without state is bad usage, and says what to do", async () => {
  for (const verb of ["token add --role operations --unit plant", "tail plant"]) {
    const { code, err } = await runCli([...verb.split(" "), "--data", join(tmpdir(), "outpost-never")]);
    expect([verb, code]).toEqual([verb, 2]);
    expect(err).toMatch(/no server runs on .* start one with `serve`/);
  }
});
