/** What the routes of master data take and give: imports, reviews, merges, histories. */
import { z } from "zod";
import * as asked from "../master/asked.ts";
import type { Described } from "./openapi.ts";

const id = { id: z.string().min(1).max(64) } as const;

export const MASTER: Readonly<Record<string, Described>> = {
  "POST /api/hub/master/imports": {
    summary: "Bring a table of another system in, or say what that would do; the same file again changes nothing, and goes on where a crash left it",
    query: asked.ImportQuery.shape,
    body: asked.ImportAsk,
    csv: true,
    answers: { 200: asked.ImportAnswer, 201: asked.ImportAnswer },
  },
  "GET /api/hub/master/imports": { summary: "Imports, newest first: who, when, which file, what came of it", answers: { 200: asked.RunsAnswer } },
  "GET /api/hub/master/imports/:id": { summary: "One import", path: id, answers: { 200: asked.ImportRun } },
  "GET /api/hub/master/imports/:id/rejects.csv": {
    summary: "The rows that were refused, each with its reason, for a week; mended, the file imports with the same mapping",
    path: id,
    answers: { 200: "csv" },
  },
  "GET /api/hub/master/reviews": {
    summary: "Pairs that may be one thing, with the evidence and the values that stand, each with who wrote it and when",
    query: asked.ReviewsQuery.shape,
    answers: { 200: asked.ReviewsAnswer },
  },
  "POST /api/hub/master/reviews/:id": {
    summary: "Decide a pair: one thing, with the values chosen, or two",
    path: id,
    body: asked.DecideAsk,
    answers: { 200: asked.DecidedAnswer },
  },
  "GET /api/hub/master/merges": { summary: "What was merged, newest first", answers: { 200: asked.MergesAnswer } },
  "POST /api/hub/master/merges/:id/undo": {
    summary: "Take a merge back: everything is as it was, if nobody wrote since",
    path: id,
    body: asked.UndoAsk,
    answers: { 200: asked.MergeView },
  },
  "GET /api/hub/entities/:entity/:id/history": {
    summary: "What each attribute of an entity has been, with who wrote it, when and from where",
    path: { entity: z.string().min(1).max(40), id: z.string().min(1).max(128) },
    answers: { 200: asked.HistoryAnswer },
  },
};
