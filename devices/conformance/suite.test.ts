import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isAlive } from "../server/processes.ts";
import { pahoTrials } from "./paho.ts";
import { answerOf } from "./python.ts";
import { runTrials, scoresOf, type Trial } from "./suite.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function folder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "outpost-suite-"));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

/** In the manner of Paho's: what went wrong is caught and printed, and only then asserted. */
const SUITE = `
import traceback, unittest
class Test(unittest.TestCase):
    def test_good(self):
        self.assertEqual(port, 7)
    def test_told(self):
        succeeded = True
        try:
            assert 1 == 2, "one is not %s" % topics[0]
        except:
            traceback.print_exc()
            succeeded = False
        self.assertEqual(succeeded, True)
    def test_thrown(self):
        nobody.connect()
`;

test("MX2 a suite's tests are found and run one by one; one that fails tells its line and what it said first", async () => {
  const trials = await pahoTrials(folder({ "client_test5.py": SUITE }));
  expect(trials.map((one) => [one.suite, one.test])).toEqual([
    ["paho 5.0", "test_good"],
    ["paho 5.0", "test_thrown"],
    ["paho 5.0", "test_told"],
  ]);
  const outcomes = await runTrials(trials, [7], () => undefined);
  expect(outcomes.map((one) => one.passed)).toEqual([true, false, false]);
  expect(outcomes[1]?.reason).toContain("NameError: name 'nobody' is not defined");
  expect(outcomes[2]?.reason).toContain('assert 1 == 2, "one is not %s" % topics[0] -> AssertionError: one is not TopicA');
});

test("MX2 a folder without the suite is bad usage", async () => {
  await expect(pahoTrials(folder({}))).rejects.toMatchObject({ exitCode: 2 });
});

test("MX2 each port runs one trial at a time, and outcomes stand in the trials' order", async () => {
  const busy = new Set<number>();
  const trial = (test: string): Trial => ({
    suite: test.slice(0, 1),
    test,
    async run(port) {
      expect(busy.has(port)).toBe(false);
      busy.add(port);
      await new Promise((resolve) => setImmediate(resolve));
      busy.delete(port);
      return { suite: test.slice(0, 1), test, passed: test !== "b1", reason: "" };
    },
  });
  const outcomes = await runTrials(["a1", "a2", "b1", "b2", "b3"].map(trial), [1, 2], () => undefined);
  expect(outcomes.map((one) => one.test)).toEqual(["a1", "a2", "b1", "b2", "b3"]);
  expect(scoresOf(outcomes).map(({ suite, passed, of, failing }) => [suite, passed, of, failing.length])).toEqual([
    ["a", 2, 2, 0],
    ["b", 2, 3, 1],
  ]);
});

test("MX3 what does not end in time is ended with all that it started", async () => {
  const program = folder({
    "hangs.py": "import subprocess, sys, time\nchild = subprocess.Popen(['sleep', '60'])\nprint(child.pid, flush=True)\ntime.sleep(60)\n",
  });
  const { line, complaint, out } = await answerOf(["hangs.py"], { cwd: program, withinMs: 1_500 });
  expect([line, complaint]).toEqual([null, "not ended within 1.5 s"]);
  expect(Number(out)).toBeGreaterThan(0);
  await expect.poll(() => isAlive(Number(out))).toBe(false);
});
