/** `conformance`: public MQTT suites against this broker, and against mosquitto beside it where that is installed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import mqtt from "mqtt";
import { startServed } from "../chaos/served.ts";
import { mosquittoTrials } from "../conformance/mosquitto.ts";
import { pahoTrials } from "../conformance/paho.ts";
import { startMosquitto } from "../conformance/peer.ts";
import { runTrials, scoresOf, type Outcome, type Score, type Trial } from "../conformance/suite.ts";
import { startClosing } from "./closing.ts";
import { failure, print, printJson, progress, usage } from "./outcome.ts";

export type Conformance = { readonly paho?: string; readonly mosquitto?: string; readonly only?: string; readonly peer: boolean; readonly json: boolean };

/** Tests mostly sleep, so two servers of our own halve the time; each runs one test at a time. */
const SERVERS = 2;
const GREETING_MS = 60_000;

export async function conformance(options: Conformance): Promise<void> {
  const { paho, mosquitto } = options;
  if (paho === undefined && mosquitto === undefined) throw usage("no suite given: use --paho DIR or --mosquitto DIR");
  const work = mkdtempSync(join(tmpdir(), "outpost-conformance-"));
  const all = [...(paho === undefined ? [] : await pahoTrials(resolve(paho))), ...(mosquitto === undefined ? [] : mosquittoTrials(resolve(mosquitto), work))];
  const trials = all.filter(({ suite, test }) => options.only === undefined || `${suite} ${test}`.includes(options.only));
  if (trials.length === 0) throw usage(`--only ${options.only}: no test of that name`);
  const closing = startClosing();
  closing.onSignals(true);
  closing.add(() => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));
  try {
    const scores = await ours(trials, work, closing);
    const peer = options.peer ? await peers(trials, closing) : null;
    if (options.json) printJson({ suites: scores.map((score) => ({ ...score, peer: peer?.find((one) => one.suite === score.suite) ?? null })) });
    else
      for (const score of scores)
        print(
          textOf(
            score,
            peer?.find((one) => one.suite === score.suite),
          ),
        );
    if (scores.some((score) => score.passed < score.of)) throw failure("not everything passed");
  } finally {
    await closing.close();
  }
}

type Closing = ReturnType<typeof startClosing>;

async function ours(trials: readonly Trial[], work: string, closing: Closing): Promise<readonly Score[]> {
  const ports: number[] = [];
  for (let i = 0; i < Math.min(SERVERS, trials.length); i++) {
    const served = await startServed({ dir: join(work, "state", String(i)), openAccess: true });
    closing.add(() => served.stop());
    // Tests wait half a second for a CONNACK: the first of a fresh server, which loads its models, takes longer.
    await greet(served.mqttPort);
    ports.push(served.mqttPort);
  }
  return scoresOf(await runTrials(trials, ports, tellOf("outpost")));
}

/** One client comes and goes. */
async function greet(port: number): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { connectTimeout: GREETING_MS, reconnectPeriod: 0 });
  await client.endAsync();
}

/** Null where mosquitto is not installed. */
async function peers(trials: readonly Trial[], closing: Closing): Promise<readonly Score[] | null> {
  const brokers = await Promise.all(Array.from({ length: SERVERS }, () => startMosquitto()));
  for (const broker of brokers) if (broker !== null) closing.add(() => broker.stop());
  const ports = brokers.flatMap((broker) => broker?.port ?? []);
  if (ports.length === 0) progress("mosquitto is not installed: no peer to compare with");
  return ports.length === 0 ? null : scoresOf(await runTrials(trials, ports, tellOf("mosquitto")));
}

function tellOf(broker: string): (outcome: Outcome) => void {
  return ({ suite, test, passed, reason }) => progress(`${broker}  ${suite}  ${test}  ${passed ? "passed" : `failed: ${reason}`}`);
}

function textOf({ suite, passed, of, failing }: Score, peer: Score | undefined): string {
  const beside = peer === undefined ? "" : `   (mosquitto ${peer.passed} of ${peer.of})`;
  const rows = failing.map(({ test, reason }) => {
    const too = peer?.failing.some((one) => one.test === test) === true ? "  (mosquitto too)" : "";
    return `  ${test}${too}\n      ${reason}`;
  });
  return [`${suite}: ${passed} of ${of}${beside}`, ...rows].join("\n");
}
