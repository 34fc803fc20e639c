/** A model's life in a real unit with its real Intake: from the door to live and back, on the unit's own jobs; and what drift does to its word. */
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Decision } from "../contracts/decision.ts";
import { ModelHash, ProfileId } from "../contracts/ids.ts";
import type { ModelsView, ProfileModels } from "../contracts/models-view.ts";
import type { Role } from "../contracts/permission.ts";
import { isRefusal, type Refusal } from "../contracts/refusal.ts";
import type { Watched } from "../contracts/rpc.ts";
import type { Scenario } from "../contracts/scenario.ts";
import type { Ticket } from "../contracts/ticket.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "./fixture/site.ts";
import { hashSecret } from "./shell/guard.ts";
import { bundledCard, MODELS } from "./shell/models.ts";
import { calibrate, chanceOf, priorOf } from "./verdict/calibrate.ts";
import eager from "./verdict/fixtures/eager.onnx";
import gru from "./verdict/models/gru.onnx";
import nan from "./verdict/fixtures/nan.onnx";

const DAY = 86_400_000;
const profile = ProfileId.parse("pump");
const live = ModelHash.parse(MODELS.find(({ name }) => name === pumpVibration.profiles[0]?.model)?.hash);
const hashOf = async (bytes: ArrayBuffer): Promise<ModelHash> =>
  ModelHash.parse([...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));

const bounds = { ticketsMin: 1, assetDaysMin: 1, canaryDaysMin: 1 };

async function site(name: string) {
  const unit = env.UNIT.getByName(`default/${name}/unit`);
  const intake = env.INTAKE.getByName(`default/${name}/intake-0`);
  await unit.create(name, { ...pumpVibration, autonomy: { ticket: "act", offer: "act", reserve: "act" }, connectors: {} });
  await unit.putEntities(SITE, "admin");
  let seq = 1;
  const say = async (change: Parameters<typeof verdictAt>[1], at = Date.now()): Promise<void> => {
    await unit.applyVerdicts({ unit: name, slice: 0, from: seq++, verdicts: [verdictAt(at, { model: live, ...change })] });
  };
  const view = async (): Promise<ProfileModels> => {
    const found = ((await unit.models()) as ModelsView).profiles.find(({ binding }) => binding.profile === profile);
    if (found === undefined) throw new Error("no profile");
    return structuredClone(found);
  };
  /** What an Intake would tell of `days` on one device, in the arrangement that the plan has. */
  const seen = async (models: readonly (readonly [ModelHash, Watched["as"], Partial<Watched>?])[], rest: object = {}): Promise<void> => {
    const plan = await intake_(unit);
    await unit.watched({
      part: 0,
      watched: models.map(([model, as, change]) => ({
        profile,
        since: plan,
        model,
        as,
        devices: 1,
        learning: 0,
        rows: 200_000,
        failures: 0,
        watchedMs: 3 * DAY,
        episodes: 0,
        ...change,
      })),
      episodes: [],
      parked: [],
      drift: [],
      ...rest,
    });
  };
  const decided = async (): Promise<readonly Decision[]> => structuredClone((await unit.decisions("")) as Decision[]);
  return { unit, intake, say, view, seen, decided };
}

/** The chance of the verdict's score by the live model's card, and by what one visit a moment ago found out. */
function afterOne(isTrue: boolean | null): number {
  const { score } = verdictAt(DAY);
  return chanceOf(calibrate(isTrue === null ? [] : [{ score, isTrue, at: 0 }], priorOf(bundledCard(live)), 0), score);
}

async function intake_(unit: { intakePlan(): Promise<unknown> }): Promise<number> {
  const plan = (await unit.intakePlan()) as { readonly models?: readonly { readonly profile: string; readonly since: number }[] };
  return plan.models?.find((one) => one.profile === "pump")?.since ?? 0;
}

const rule = (answer: unknown): string => (isRefusal(answer) ? `${answer.refused}: ${answer.rule}` : "");

test("VL10 from the door to live and back: each step by proof on the unit's own jobs, with its decision; what is not proven is refused in words", async () => {
  const { unit, intake, say, view, seen, decided } = await site("models-life");
  const candidate = await hashOf(eager);
  expect(rule(await unit.startShadow(profile, { hash: candidate }, "ops"))).toContain("unknown-model");
  expect(rule(await intake.putModel(await hashOf(nan), nan))).toContain("bad-model: its answer is no number");
  expect(await intake.putModel(candidate, eager)).toMatchObject({ hash: candidate });
  expect(rule(await unit.startShadow("nobody", { hash: candidate }, "ops"))).toContain("unknown-entity");
  expect(rule(await unit.startShadow(profile, { hash: live }, "ops"))).toContain("wrong-state");
  expect(await unit.startShadow(profile, { hash: candidate, bounds }, "ops")).toMatchObject({
    binding: { live, candidate: { hash: candidate, stage: "shadow" } },
  });
  expect(rule(await unit.startShadow(profile, { hash: await hashOf(gru) }, "ops"))).toContain("one candidate at a time");

  // A false alarm of the live model: the job is done, and nothing was wrong.
  expect(rule(await unit.askOfModel(profile, { type: "canary" }, "ops"))).toContain("nothing-seen");
  await say({});
  const ticket = async (): Promise<Ticket> => structuredClone(await unit.tickets())[0] as Ticket;
  const { id, chance: unseen } = await ticket();
  expect(unseen).toEqual({ fault: expect.closeTo(afterOne(null), 2) as number, visits: 0 });
  expect(afterOne(false)).toBeLessThan(afterOne(null));
  const offered = await ticket();
  if (offered.state !== "offered") throw new Error(offered.state);
  for (const answer of [
    { type: "accept", offer: offered.offer, by: offered.to },
    { type: "progress", ticket: id, by: offered.to, to: "travelling" },
    { type: "progress", ticket: id, by: offered.to, to: "working" },
  ] as const)
    expect(rule(await unit.answer(answer as never))).toBe("");
  const steps = (await ticket()).checklist ?? [];
  for (const { id: step } of steps) await unit.answer({ type: "tick", ticket: id, by: offered.to, step, done: true });
  const done = await unit.answer({
    type: "progress",
    ticket: id,
    by: offered.to,
    to: "resolved",
    cause: "nothing",
    causeCode: "nothing-found",
    action: "looked",
    partsUsed: [],
    finding: "false-alarm",
  });
  expect(rule(done)).toBe("");
  await seen([
    [live, "live", { episodes: 1 }],
    [candidate, "beside", { learning: 1 }],
  ]);
  expect(rule(await unit.askOfModel(profile, { type: "canary" }, "ops"))).toContain("still-learning (devices 1)");
  await seen([
    [live, "live", { episodes: 1 }],
    [candidate, "beside"],
  ]);
  expect((await view()).comparison).toMatchObject({ tickets: 1, faults: 0, live: { false: 1 }, candidate: { false: 0 } });
  expect((await view()).records[0]).toMatchObject({ model: live, tickets: 1, found: { true: 0, false: 1, unknown: 0 }, adoption: 1, falseAlarmRate: 1 });
  expect(rule(await unit.askOfModel(profile, { type: "promote" }, "ops"))).toContain("wrong-state");
  expect(await unit.askOfModel(profile, { type: "canary", share: 0.5 }, "ops")).toMatchObject({ binding: { candidate: { stage: "canary", share: 0.5 } } });

  expect(rule(await unit.askOfModel(profile, { type: "promote" }, "ops"))).toContain("canary-too-short");
  await seen([
    [live, "live"],
    [candidate, "live"],
  ]);
  expect(await unit.askOfModel(profile, { type: "promote" }, "ops")).toMatchObject({ binding: { live: candidate, previous: live } });
  // What a visit found out is in the next alarm of that model.
  await say({ at: Date.now() + 1, since: Date.now(), episode: `dev-1@${Date.now()}`, evidence: [{ channel: "flow", share: 1 }] });
  expect(((await unit.tickets()) as Ticket[]).map(({ chance }) => chance)).toEqual([
    { fault: expect.closeTo(afterOne(false), 2) as number, visits: 1 },
    unseen,
  ]);
  // Time of earlier arrangements is not forgotten.
  await seen([[candidate, "live"]]);
  expect((await view()).records.map(({ model, stage, assetDays }) => [model, stage, Math.round(assetDays)])).toEqual([
    [candidate, "live", 9],
    [live, "retired", 6],
  ]);
  // A sandbox runs what is live, and tries nothing.
  expect(((await unit.sandboxScenario("copy")) as Scenario).profiles.find(({ id }) => id === profile)?.modelHash).toBe(candidate);
  expect(await unit.askOfModel(profile, { type: "roll-back" }, "li")).toMatchObject({
    binding: { live, ended: { hash: candidate, how: "rolled-back", by: "li" } },
  });
  expect((await decided()).filter(({ step }) => step === "model").map(({ outcome, actor, model }) => [outcome, actor, model?.slice(0, 4)])).toEqual([
    ["shadow-started", "ops", candidate.slice(0, 4)],
    ["canary-started", "ops", candidate.slice(0, 4)],
    ["promoted", "ops", candidate.slice(0, 4)],
    ["rolled-back", "li", live.slice(0, 4)],
  ]);
});

test("VL4 a candidate that can't be run ends by itself, with the reason", async () => {
  const { unit, intake, view, seen } = await site("models-canary");
  const candidate = await hashOf(eager);
  await intake.putModel(candidate, eager);
  await unit.startShadow(profile, { hash: candidate, bounds }, "ops");
  await seen([[candidate, "beside"]], { parked: [{ profile, hash: candidate, why: "no-number", at: 5, count: 7 }] });
  expect(await view()).toMatchObject({ binding: { parked: [{ hash: candidate, why: "no-number", count: 7 }], ended: { how: "parked", stage: "shadow" } } });
  expect((await view()).binding.candidate).toBe(undefined);
});

test("VE6 a model on trial again is judged by the machine-days of this trial, not of an earlier one", async () => {
  const { unit, intake, view, seen } = await site("models-again");
  const candidate = await hashOf(eager);
  await intake.putModel(candidate, eager);
  const watched = (days: number) =>
    seen([
      [live, "live"],
      [candidate, "beside", { watchedMs: days * DAY, rows: days * 86_400 }],
    ]);
  await unit.startShadow(profile, { hash: candidate, bounds }, "ops");
  await watched(3);
  expect((await view()).comparison?.assetDays).toBe(3);
  expect(rule(await unit.askOfModel(profile, { type: "stop" }, "ops"))).toBe("");
  // An arrangement is known by its millisecond.
  const stopped = Date.now();
  while (Date.now() <= stopped) await scheduler.wait(1);
  await unit.startShadow(profile, { hash: candidate, bounds }, "ops");
  expect((await view()).comparison).toBeUndefined();
  await watched(0.5);
  expect((await view()).comparison?.assetDays).toBe(0.5);
  expect((await view()).records[1]).toMatchObject({ model: candidate, assetDays: 3.5 });
});

test("VL11 while a model is adrift its alarms open no job by themselves: a person is asked, with the reason, until it is over", async () => {
  const { unit, say, seen, decided } = await site("models-drift");
  const drift = { of: "input", index: 0.8, limit: 0.25, channel: "vibration.a.rms", since: 5 } as const;
  await seen([[live, "live"]], { drift: [{ profile, drift }] });
  const at = Date.now();
  await say({}, at);
  expect((await unit.tickets()) as Ticket[]).toEqual([]);
  const held = (await decided()).find(({ step, outcome }) => step === "ticket" && outcome === "held");
  expect(held).toMatchObject({ autonomy: "confirm" });
  expect(held?.reasons.at(-1)).toEqual({ code: "model-adrift", about: { model: live, of: "input", index: 0.8, limit: 0.25, channel: "vibration.a.rms" } });
  await seen([[live, "live"]]);
  await say({ state: "normal", episode: `dev-1@${at}` }, at + 60_000);
  await say({}, at + 9_000_000);
  expect(((await unit.tickets()) as Ticket[]).length).toBe(1);
  expect((await decided()).filter(({ step }) => step === "model").map(({ outcome }) => outcome)).toEqual(["adrift", "drift-over"]);
});

test("VP23 floors that were shown count when a person says so: another version of the scenario, with its decision; of another version, or of no fleet, nothing", async () => {
  const { unit, say, decided } = await site("models-fit");
  expect(rule(await unit.fit("pump"))).toContain("incomplete");
  expect(rule(await unit.fit("nobody"))).toContain("unknown-entity");
  const before = structuredClone(await unit.intakePlan()) as { readonly version: number };
  await say({});
  const floor = pumpVibration.profiles[0]?.channels.map((_, c) => 1.23456 + c) ?? [];
  expect(rule(await unit.applyFit("pump", { rules: "0".repeat(16), floor }, "li"))).toContain("stale-version");
  const now = (await decided())[0]?.rules ?? "";
  expect(rule(await unit.applyFit("pump", { rules: now, floor: [1] }, "li"))).toContain("malformed");
  const applied = structuredClone(await unit.applyFit("pump", { rules: now, floor }, "li"));
  expect(applied).toMatchObject({ unit: "models-fit", profile: "pump" });
  const after = structuredClone(await unit.intakePlan()) as { readonly version: number; readonly scenario: Scenario };
  expect(after.version).toBeGreaterThan(before.version);
  expect(after.scenario.profiles[0]?.channels.map((channel) => channel.floor)).toEqual(floor.map((one) => Number(one.toPrecision(4))));
  expect((await decided()).find(({ step }) => step === "model")).toMatchObject({ outcome: "fitted", actor: "li", snapshot: { rules: now } });
  // Who looked at the one before has looked at nothing.
  expect(rule(await unit.applyFit("pump", { rules: now, floor }, "li"))).toContain("stale-version");
});

test("A9 the desk sees models and has one back; only operations start, promote and end them", async () => {
  const { unit } = await site("models-roles");
  const tokenOf = async (role: Role): Promise<string> => ((await unit.addToken(role, "li-wei")) as { readonly token: string }).token;
  const ask = async (role: Role, method: string, path: string): Promise<number> => {
    const token = await tokenOf(role);
    expect(hashSecret(token)).toHaveLength(64);
    const answer = await exports.default.fetch(`http://x/api/u/models-roles/models${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(method === "GET" ? {} : { body: "{}" }),
    });
    const said = (await answer.json()) as Refusal;
    if (answer.status >= 400) expect(typeof said.rule).toBe("string");
    return answer.status;
  };
  expect([await ask("dispatcher", "GET", ""), await ask("engineer", "GET", "")]).toEqual([200, 403]);
  expect([await ask("dispatcher", "POST", "/pump/promote"), await ask("operations", "POST", "/pump/promote")]).toEqual([403, 409]);
  expect([await ask("dispatcher", "POST", "/pump/roll-back"), await ask("engineer", "POST", "/pump/roll-back")]).toEqual([409, 403]);
  expect(await ask("operations", "POST", "/pump/shadow")).toBe(400);
  expect([await ask("dispatcher", "POST", "/pump/fit"), await ask("operations", "POST", "/pump/fit"), await ask("dispatcher", "GET", "/pump/fit")]).toEqual([
    403, 400, 422,
  ]);
});
