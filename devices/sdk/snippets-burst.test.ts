import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBlock } from "../../edge/ingest/burst.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { burstSnippets } from "./snippets-burst.ts";

const plan = bearingVibration.profiles[0]?.burst;
if (plan === undefined) throw new Error("the template takes bursts");
const code = burstSnippets({ unit: "plant", device: "B-1", password: "Zm9v", mqttHost: "10.1.2.3", mqttPort: 2883 }, plan);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "outpost-burst-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
function judged(payload: Uint8Array, now: number): void {
  const block = readBlock(payload, plan ?? never(), bearingVibration.judge, now);
  if (isRefusal(block)) throw new Error(`${block.rule}; ${block.mend}`);
  expect(block.head).toMatchObject({ rate: 25_600, samples: 2_560, format: "int16", axes: [{ id: "horizontal" }, { id: "vertical" }] });
  expect([block.first, block.waves.length, block.waves[0]?.length]).toEqual([0, 2, 2_560]);
}

test.runIf(existsSync("/usr/bin/python3"))("VB32 the Python sends a block that the unit reads, where Python is installed", () => {
  const at = folder();
  // In place of the MQTT library: what would be published goes into a file.
  mkdirSync(join(at, "paho/mqtt"), { recursive: true });
  for (const file of ["paho/__init__.py", "paho/mqtt/__init__.py"]) writeFileSync(join(at, file), "");
  writeFileSync(
    join(at, "paho/mqtt/publish.py"),
    `import json\ndef single(topic, payload, **more):\n    open("${at}/block", "wb").write(payload)\n    open("${at}/more", "w").write(json.dumps([topic, more]))\n`,
  );
  execFileSync("/usr/bin/python3", ["-c", code.python], { env: { PYTHONPATH: at } });
  judged(readFileSync(join(at, "block")), Date.now() + 1);
  expect(JSON.parse(readFileSync(join(at, "more"), "utf8"))).toEqual([
    "u/plant/d/B-1/burst",
    { qos: 1, hostname: "10.1.2.3", port: 2883, auth: { username: "plant/B-1", password: "Zm9v" } },
  ]);
});

test.runIf(existsSync("/usr/bin/gcc"))("VB32 the C lays out a block that the unit reads, where a compiler is installed", () => {
  const at = folder();
  const main = `${code.c}
#include <stdio.h>
int main(void) {
  static struct burst b;
  burst_begin(&b, 1790000000000.0, 0.5f);
  b.counts[1][3] = -7;
  fwrite(&b, sizeof b, 1, stdout);
  return 0;
}
`;
  writeFileSync(join(at, "burst.c"), main);
  execFileSync("/usr/bin/gcc", ["-Wall", "-Werror", "-Wno-stringop-truncation", "-o", join(at, "burst"), join(at, "burst.c")]);
  const payload = execFileSync(join(at, "burst"));
  judged(payload, 1_790_000_000_000);
  const block = readBlock(payload, plan, bearingVibration.judge, 1_790_000_000_000);
  expect(isRefusal(block) ? null : block.waves[1]?.[3]).toBe(-3.5);
});

function never(): never {
  throw new Error("the template takes bursts");
}
