/** What each route of the hub takes and gives. The permission table has the rows; a row without a description fails a test. */
import { z } from "zod";
import { FeedPage } from "../../contracts/delta/operation.ts";
import { PAGE_ITEMS, PAGE_ITEMS_MAX } from "../feed/page.ts";
import { WAIT_SECONDS_MAX } from "../feed/query.ts";
import { HealthAnswer, TokenAnswer, TokenAsk, UnitAnswer, UnitAsk } from "./access.ts";
import * as bridge from "../registry/api-bridge.ts";
import * as crossing from "../registry/api-crossing.ts";
import { WriteAnswer } from "../feed/view.ts";
import * as api from "../registry/api.ts";
import { KeptVersion, Subject, VersionName } from "../registry/contract.ts";
import { ImpactAnswer, ImpactAsk } from "../registry/impact.ts";
import { ProposeAsk, Unknown, UnknownQuery } from "../registry/quarantine.ts";
import { UnitId } from "../../contracts/ids.ts";
import { MASTER } from "./described-master.ts";
import { MODELS } from "./described-models.ts";
import { OUTGOING } from "./described-outgoing.ts";
import { PAGES } from "./described-pages.ts";
import { QUALITY } from "./described-quality.ts";
import { STREAMS_DESCRIBED } from "./described-streams.ts";
import type { Described } from "./openapi.ts";

const after = z.string().optional().describe("The cursor of the last item that the consumer has; none: from the beginning");
const subject = { subject: Subject } as const;

export const DESCRIBED: Readonly<Record<string, Described>> = {
  "GET /api/hub/health": { summary: "Whether the hub answers, and which delta protocol it speaks", answers: { 200: HealthAnswer } },
  "GET /api/hub/openapi.json": { summary: "This document", answers: { 200: "openapi" } },
  "POST /api/hub/tokens": { summary: "Make a token; its text is shown once", body: TokenAsk, answers: { 201: TokenAnswer } },
  "POST /api/hub/units": { summary: "Let a unit's next registration bring a new key", body: UnitAsk, answers: { 201: UnitAnswer } },

  "GET /api/hub/sync/:unit": {
    summary: "The WebSocket of a unit that is elsewhere; its frames are those of contracts/delta/frame.ts",
    path: { unit: UnitId },
    headers: { Upgrade: z.literal("websocket") },
    answers: { 101: "socket" },
  },

  "GET /api/feed": {
    summary: "What the units did, after a cursor, in order per stream",
    query: {
      after,
      wait: z.number().min(0).max(WAIT_SECONDS_MAX).optional().describe("Seconds to wait for the first item"),
      limit: z.number().int().min(1).max(PAGE_ITEMS_MAX).optional().describe(`Items of one page; ${PAGE_ITEMS} unless told`),
    },
    answers: { 200: FeedPage },
  },
  "GET /api/feed/stream": {
    summary: "The same as server-sent events",
    query: { after },
    headers: { "Last-Event-ID": z.string().optional().describe("As `after`; browsers send it by themselves") },
    answers: { 200: "events" },
  },

  "GET /api/hub/contracts": { summary: "What units speak and what is published", answers: { 200: api.SubjectsAnswer } },
  "POST /api/hub/contracts": {
    summary: "Judge a document as the next version of its subject, and publish it unless it is a dry run or a draft",
    body: api.PublishAsk,
    answers: { 200: api.PublishAnswer, 201: z.union([api.PublishAnswer, api.DraftAnswer]), 422: api.InadmissibleShape },
  },
  "POST /api/hub/contracts/impact": {
    summary: "Whom a change would touch, before it is published",
    body: ImpactAsk,
    answers: { 200: ImpactAnswer },
  },
  "GET /api/hub/contracts/:subject": {
    summary: "Versions, modes and drafts, with who, when and why",
    path: subject,
    answers: { 200: api.SubjectAnswer },
  },
  "PUT /api/hub/contracts/:subject/mode": {
    summary: "Change how the next versions are judged",
    path: subject,
    body: api.ModeAsk,
    answers: { 200: api.ModeAnswer },
  },
  "GET /api/hub/contracts/:subject/diff": {
    summary: "What changes between two versions, and who can read whom",
    path: subject,
    query: api.DiffQuery.shape,
    answers: { 200: api.DiffAnswer },
  },
  "GET /api/hub/contracts/:subject/drafts/:draft": { summary: "A draft and what it still lacks", path: subject, answers: { 200: api.DraftView } },
  "DELETE /api/hub/contracts/:subject/drafts/:draft": { summary: "Drop a draft", path: subject, answers: { 200: api.DropAnswer } },
  "POST /api/hub/contracts/:subject/drafts/:draft/publish": {
    summary: "Publish a draft",
    path: subject,
    body: api.PublishDraftAsk,
    answers: { 201: api.PublishAnswer, 422: api.InadmissibleShape },
  },
  "GET /api/hub/contracts/:subject/:version": {
    summary: "One version with its document",
    path: { ...subject, version: VersionName },
    answers: { 200: KeptVersion },
  },
  "POST /api/hub/contracts/:subject/:version/retire": {
    summary: "Retire a version that nobody speaks",
    path: { ...subject, version: VersionName },
    body: api.WhyAsk,
    answers: { 200: api.RetireAnswer },
  },

  "GET /api/hub/quarantine": {
    summary: "Fields that no contract names, with what their values look like",
    query: UnknownQuery.shape,
    answers: { 200: z.strictObject({ unknown: z.array(Unknown) }) },
  },
  "POST /api/hub/quarantine/:id/propose": {
    summary: "Make a draft of the newest version with the field in it; again: with what is said now",
    body: ProposeAsk,
    answers: { 201: api.DraftAnswer },
  },
  "GET /api/hub/bridges": { summary: "Bridges of the tenant, and the ready ones", answers: { 200: bridge.BridgesAnswer } },
  "GET /api/hub/bridges/:id": { summary: "One bridge with its findings", answers: { 200: bridge.BridgeView } },
  "PUT /api/hub/bridges/:id": { summary: "Put a bridge; it holds when it is published", body: bridge.BridgeAsk, answers: { 200: bridge.BridgeAnswer } },
  "POST /api/hub/bridges/:id/publish": {
    summary: "Publish a bridge that nothing blocks",
    body: api.WhyAsk,
    answers: { 200: bridge.BridgeAnswer, 422: bridge.BridgeRefused },
  },
  "GET /api/hub/bridges/:id/feed": {
    summary: "The feed with the value of the other system beside ours, where a published bridge maps it",
    query: {
      after,
      wait: z.number().min(0).max(WAIT_SECONDS_MAX).optional().describe("Seconds to wait for the first item"),
      limit: z.number().int().min(1).max(PAGE_ITEMS_MAX).optional().describe(`Items of one page; ${PAGE_ITEMS} unless told`),
    },
    answers: { 200: crossing.CrossedFeed },
  },
  "GET /api/hub/bridges/:id/records": {
    summary: "Every entity of the bridge's subject as of one cursor, with the records of the other system beside it",
    query: crossing.CrossedQuery.shape,
    answers: { 200: crossing.CrossedPage },
  },
  "POST /api/hub/bridges/:id/writes": {
    summary: "Write in the hub's own name, in the words of the other system",
    body: crossing.CrossedWrite,
    answers: { 200: WriteAnswer },
  },
  "POST /api/hub/bridges/report": {
    summary: "Add up what the hub and other systems count in a state; refused where their words do not mean the same",
    body: crossing.ReportAsk,
    answers: { 200: crossing.ReportAnswer },
  },
  "GET /api/hub/scans": { summary: "When the next scan is due, and what the last ones found", answers: { 200: bridge.ScansAnswer } },
  "POST /api/hub/scans": { summary: "Scan now", answers: { 201: bridge.Scan } },
  "PUT /api/hub/scans/schedule": { summary: "Change when the scan runs", body: bridge.ScheduleAsk, answers: { 200: bridge.Schedule } },

  ...QUALITY,
  ...STREAMS_DESCRIBED,
  ...OUTGOING,
  ...PAGES,
  ...MASTER,
  ...MODELS,
};
