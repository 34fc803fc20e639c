/** What the routes of the hub's pages take and give. */
import { z } from "zod";
import { LinksAnswer } from "../health/link-health.ts";
import type { Described } from "./openapi.ts";
import { HubMe, LinkAnswer, LinkAsk, OperationsAnswer, OperationsQuery, ReceiptsAnswer, SignedOut } from "./pages.ts";

const code = { code: z.string().describe("Of a link that opens once, within a day") } as const;

export const PAGES: Readonly<Record<string, Described>> = {
  "GET /hub": { summary: "The page of the hub; it holds no data", answers: { 200: "page" } },
  "GET /hub/:section": { summary: "The same page, opened at a section", answers: { 200: "page" } },
  "GET /hub/:section/:item": { summary: "The same page, opened at one thing of a section", answers: { 200: "page" } },
  "GET /hub/enter/:code": {
    summary: "Sign a browser in, when a person went there; anybody else sees a button",
    path: code,
    answers: { 200: "page", 302: "elsewhere" },
  },
  "POST /hub/enter/:code": { summary: "Sign this browser in", path: code, answers: { 302: "elsewhere" } },
  "POST /api/hub/links": { summary: "Make a link that signs one browser in, once", body: LinkAsk, answers: { 201: LinkAnswer } },
  "GET /api/hub/me": { summary: "Who is signed in", answers: { 200: HubMe } },
  "POST /api/hub/sign-out": { summary: "End the session of this browser", answers: { 200: SignedOut } },
  "GET /api/hub/health/links": { summary: "How each link fares, in order of what hangs on it", answers: { 200: LinksAnswer } },
  "GET /api/hub/operations": {
    summary: "The log to look at: each operation with its outcome, personal values left sealed",
    query: OperationsQuery.shape,
    answers: { 200: OperationsAnswer },
  },
  "GET /api/hub/receipts": { summary: "The units' last absences, newest first", answers: { 200: ReceiptsAnswer } },
};
