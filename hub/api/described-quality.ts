/** What the routes of data quality take and give. */
import { z } from "zod";
import { Subject } from "../registry/contract.ts";
import type { Described } from "./openapi.ts";
import * as quality from "./quality.ts";

export const QUALITY: Readonly<Record<string, Described>> = {
  "GET /api/hub/quality": {
    summary: "How much of what arrived can be used: valid, fresh and mapped, by subject, with the promises of its contract",
    query: quality.QualityQuery.shape,
    answers: { 200: quality.QualityAnswer },
  },
  "GET /api/hub/quality/drift": {
    summary: "How live values differ from their baseline, each finding with the day since which it holds",
    query: quality.DriftQuery.shape,
    answers: { 200: quality.DriftAnswer },
  },
  "POST /api/hub/quality/baselines": {
    summary: "Make the values of the last days what live values are compared with from now on",
    body: quality.BaselineAsk,
    answers: { 201: quality.BaselineAnswer },
  },
  "GET /api/hub/quality/profiles/:subject/:attr": {
    summary: "What a field's values are like; of a personal field counts and shapes only",
    path: { subject: Subject, attr: z.string().min(1).max(200).describe("A path such as `contact` or `position.lat`") },
    query: quality.ProfileQuery.shape,
    answers: { 200: quality.ProfileAnswer },
  },
};
