/** What the routes of the registry of models take and give. */
import { ModelHash } from "../../contracts/ids.ts";
import { ModelCard } from "../../contracts/model-card.ts";
import * as asked from "../models/asked.ts";
import type { Described } from "./openapi.ts";

const hash = { hash: ModelHash } as const;
const id = { id: asked.ReleaseId } as const;

export const MODELS: Readonly<Record<string, Described>> = {
  "PUT /api/hub/models/:hash/card": { summary: "The card of a model, before its bytes", path: hash, body: ModelCard, answers: { 200: asked.PutAnswer } },
  "PUT /api/hub/models/:hash": {
    summary: "The bytes of an ONNX file, checked against its hash and its card",
    path: hash,
    body: "bytes",
    answers: { 200: asked.PutAnswer },
  },
  "GET /api/hub/models": { summary: "All models with their cards, newest first", answers: { 200: asked.ModelsAnswer } },
  "GET /api/hub/models/:hash": { summary: "One model with its card and its releases", path: hash, answers: { 200: asked.KeptModel } },
  "GET /api/hub/models/:hash/file": { summary: "The ONNX file", path: hash, answers: { 200: "bytes" } },
  "DELETE /api/hub/models/:hash": { summary: "Drop a model of which no release is open", path: hash, answers: { 200: asked.DroppedAnswer } },
  "POST /api/hub/releases": {
    summary: "Offer a model to a profile of some units, or of all: each tries it as a shadow, and lets it go as far as is wanted where it is better",
    body: asked.NewRelease,
    answers: { 201: asked.ReleaseView },
  },
  "GET /api/hub/releases": { summary: "Releases, newest first, with how many units are in which state", answers: { 200: asked.ReleasesAnswer } },
  "GET /api/hub/releases/:id": { summary: "One release at each of its units, as they said last", path: id, answers: { 200: asked.ReleaseView } },
  "POST /api/hub/releases/:id/asks": {
    summary: "Ask its units for the next stage, the way back, or the end; a unit does it once, or says why not",
    path: id,
    body: asked.AskOfRelease,
    answers: { 201: asked.ReleaseView },
  },
};
