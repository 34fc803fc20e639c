import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const SMALL = ["simulate", "unit", "--devices", "5", "--hours", "0.1", "--faults-per-day", "200", "--json"];

type Printed = {
  readonly wallMs: number;
  readonly digest: string;
  readonly samples: number;
  readonly tickets: number;
  readonly kpis: object;
  readonly people: object;
};

test("SU10 `simulate unit` prints its figures and where the people's delays are published; the same arguments print the same digest", async () => {
  const [one, again] = await Promise.all([1, 2].map(() => runCli([...SMALL, "--template", "pump-vibration", "--seed", "3"])));
  expect([one?.code, again?.code, one?.err]).toEqual([0, 0, expect.stringContaining("simulate unit")]);
  const printed = JSON.parse(one?.out ?? "") as Printed;
  expect(printed).toMatchObject({ wallMs: expect.any(Number), digest: expect.stringMatching(/^[0-9a-f]{64}$/), samples: 5 * 360, tickets: expect.any(Number) });
  expect(printed.kpis).toMatchObject({ anomalyToAccepted: { meanMs: expect.any(Number), p95Ms: expect.any(Number) } });
  expect(printed.people).toMatchObject({ form: "log-normal", source: expect.stringContaining("doi:"), medianMs: 120_000, declines: 0.08 });
  expect((JSON.parse(again?.out ?? "") as Printed).digest).toBe(printed.digest);
});

test("SU10 a template that is not there, and numbers out of range, are bad usage", async () => {
  expect(await runCli([...SMALL, "--template", "nothing"])).toMatchObject({ code: 2, err: expect.stringContaining("pump-vibration") });
  expect(await runCli([...SMALL, "--template", "pump-vibration", "--hours", "-1"])).toMatchObject({ code: 2, err: expect.stringContaining("--hours") });
});
