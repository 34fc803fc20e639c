/** Wire samples of every version that was ever in use, as they were written then: today's code must still read each of them. Samples are added, never edited. */
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { z } from "zod";
import { FeedPage, Operation } from "../delta/operation.ts";
import { DigestReply, LoadReply, PullAsk, PullReply, PushBatch, PushReply, RowsReply } from "../delta/sync.ts";
import { Registration } from "../rpc.ts";
import { Scenario } from "../scenario.ts";
import { TelemetryPayload } from "../telemetry.ts";
import { VerdictBatch } from "../verdict.ts";

const READERS: Readonly<Record<string, z.ZodType>> = {
  telemetry: TelemetryPayload,
  "verdict-batch": VerdictBatch,
  operation: Operation,
  "push-batch": PushBatch,
  "push-reply": PushReply,
  "pull-ask": PullAsk,
  "pull-reply": PullReply,
  "load-reply": LoadReply,
  "digest-reply": DigestReply,
  "rows-reply": RowsReply,
  "feed-page": FeedPage,
  registration: Registration,
  scenario: Scenario,
};
const samples = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));

test.each(samples)("C9 %s is still read, and nothing of it is dropped", (name) => {
  const kind = name.slice(0, name.indexOf(".v"));
  const sample: unknown = JSON.parse(readFileSync(`${import.meta.dirname}/${name}`, "utf8"));
  expect(READERS[kind]?.parse(sample)).toEqual(sample);
});

test("C9 every message that travels has a sample", () => {
  expect([...new Set(samples.map((name) => name.slice(0, name.indexOf(".v"))))].toSorted()).toEqual(Object.keys(READERS).toSorted());
});
