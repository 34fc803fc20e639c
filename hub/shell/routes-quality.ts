/** The routes of data quality: each stream answers for its subjects, joined here. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import {
  BaselineAsk,
  type BaselineAnswer,
  type DriftAnswer,
  DriftQuery,
  type ProfileAnswer,
  ProfileQuery,
  type QualityAnswer,
  QualityQuery,
} from "../api/quality.ts";
import { STREAMS } from "../feed/cursor.ts";
import { type Counts, NOTHING, addCounts, usableOf } from "../quality/usable.ts";
import { streamObject } from "./feed-reader.ts";
import type { QualityAsk, QualityReply } from "./quality/answering.ts";
import { param } from "./routes-contracts.ts";
import { wholeTenant } from "./routes-streams.ts";
import { settled } from "./settled.ts";

/** A subject, a reason. */
const BODY_BYTES_MAX = 4_096;
const UNKEPT = { "cache-control": "no-store" } as const;

export function qualityRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/quality", async (c, who) => {
    const no = wholeTenant(who);
    const query = QualityQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, "send days, or nothing"));
    const answer = await headline(c.env, query.data.days, Date.now());
    return isRefusal(answer) ? refused(c, answer) : c.json(answer, 200, UNKEPT);
  });

  routes.signed("GET", "/api/hub/quality/drift", async (c, who) => {
    const no = wholeTenant(who);
    const query = DriftQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, "send subject, or nothing"));
    const answer = await drifts(c.env, query.data.subject, Date.now());
    return isRefusal(answer) ? refused(c, answer) : c.json(answer, 200, UNKEPT);
  });

  routes.signed("POST", "/api/hub/quality/baselines", async (c, who) => {
    const ask = wholeTenant(who) ?? (await readBody(c, BaselineAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const { subject, days, why } = ask;
    const stream = await streamOf(c.env, subject);
    const set = isRefusal(stream) ? stream : await askStream<"baselines">(c.env, stream, { ask: "baselines", subject, days, by: who.subject, why });
    return isRefusal(set) ? refused(c, set) : c.json({ subject, ...set } satisfies BaselineAnswer, 201);
  });

  routes.signed("GET", "/api/hub/quality/profiles/:subject/:attr", async (c, who) => {
    const no = wholeTenant(who);
    const query = ProfileQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, "send days, or nothing"));
    const [subject, path] = [param(c, "subject"), param(c, "attr")];
    const stream = await streamOf(c.env, subject);
    if (isRefusal(stream)) return refused(c, stream);
    const profile = await askStream<"profile">(c.env, stream, { ask: "profile", subject, path, days: query.data.days });
    return isRefusal(profile) ? refused(c, profile) : c.json({ stream, ...profile } satisfies ProfileAnswer, 200, UNKEPT);
  });
}

async function headline(env: Env, days: number, at: number): Promise<QualityAnswer | Refusal> {
  const told = await Promise.all(STREAMS.map(async (stream) => ({ stream, answer: await askStream<"headline">(env, stream, { ask: "headline", days }) })));
  const subjects: QualityAnswer["subjects"] = [];
  let [all, fromAt, uncounted]: [Counts, number, number] = [NOTHING, at, 0];
  for (const { stream, answer } of told) {
    if (isRefusal(answer)) return answer;
    fromAt = Math.min(fromAt, answer.fromAt);
    uncounted += answer.uncounted;
    for (const { counts, ...one } of answer.subjects) {
      all = addCounts(all, counts);
      subjects.push({ stream, ...one, usable: usableOf(counts) });
    }
  }
  const sorted = subjects.toSorted((a, b) => (`${a.subject}\n${a.stream}` < `${b.subject}\n${b.stream}` ? -1 : 1));
  return { at, fromAt, days, usable: usableOf(all), subjects: sorted, uncounted };
}

/** One subject after another: comparing one takes a stream some 50 ms, and pushes come between. */
async function drifts(env: Env, subject: string | undefined, at: number): Promise<DriftAnswer | Refusal> {
  const asked = subject === undefined ? await compared(env) : [{ subject, stream: await streamOf(env, subject) }];
  const subjects: DriftAnswer["subjects"] = [];
  for (const { stream, subject: one } of asked) {
    const answer = isRefusal(stream) ? stream : await askStream<"drifts">(env, stream, { ask: "drifts", subject: one });
    // Whoever asks for all is not kept from them by one that lost its contract.
    if (isRefusal(answer) && subject !== undefined) return answer;
    if (!isRefusal(answer) && !isRefusal(stream)) subjects.push({ stream, ...answer });
  }
  return { at, subjects };
}

async function compared(env: Env): Promise<readonly { readonly subject: string; readonly stream: StreamName }[]> {
  const lists = await Promise.all(
    STREAMS.map(async (stream) => {
      const subjects = await askStream<"compared">(env, stream, { ask: "compared" });
      return isRefusal(subjects) ? [] : subjects.map((subject) => ({ subject, stream }));
    }),
  );
  return lists.flat().toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
}

async function askStream<A extends keyof QualityReply>(
  env: Env,
  stream: StreamName,
  ask: QualityAsk & { readonly ask: A },
): Promise<QualityReply[A] | Refusal> {
  const answer = await settled(streamObject(env, stream).quality(JSON.stringify(ask)));
  return isRefusal(answer) ? answer : (JSON.parse(answer) as QualityReply[A]);
}

/** Every stream has heard of its own contracts only. Refuses `unknown-contract`. */
async function streamOf(env: Env, subject: string): Promise<StreamName | Refusal> {
  const known = await Promise.all(STREAMS.map((stream) => streamObject(env, stream).streamOf(subject)));
  return known.find((stream) => stream !== null) ?? refuse("unknown-contract", "no contract of that name", "see GET /api/hub/contracts", "subject");
}
