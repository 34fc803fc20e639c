/** What the section of master data asks; fetched with it when it is opened. */
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { ask } from "../../../edge/web/ask.ts";
import { EntityAnswer } from "../../feed/view.ts";
import {
  type DecideAsk,
  DecidedAnswer,
  HistoryAnswer,
  ImportAnswer,
  type ImportAsk,
  MergesAnswer,
  MergeView,
  ReviewsAnswer,
  RunsAnswer,
} from "../../master/asked.ts";
import { hubPath, part } from "../api.ts";

/** A whole register is matched against all that is held: some seconds, more on a busy machine. */
const IMPORT_MS = 120_000;
const REVIEWS = "10";

const entityPath = (entity: string, id: string): string => `entities/${part(entity)}/${part(id)}`;

export const useEntity = (entity: string, id: string | undefined, asOf: string | undefined) =>
  useQuery({
    queryKey: ["entity", entity, id, asOf],
    queryFn: () => ask(hubPath(entityPath(entity, id ?? ""), asOf === undefined ? {} : { asOf }), EntityAnswer),
    enabled: id !== undefined,
  });
export const useHistory = (entity: string, id: string) =>
  useQuery({ queryKey: ["history", entity, id], queryFn: () => ask(hubPath(`${entityPath(entity, id)}/history`), HistoryAnswer) });
export const useRuns = () => useQuery({ queryKey: ["runs"], queryFn: () => ask(hubPath("master/imports"), RunsAnswer) });
export const useReviews = (after: string) =>
  useQuery({
    queryKey: ["reviews", after],
    queryFn: () => ask(hubPath("master/reviews", { limit: REVIEWS, ...(after === "" ? {} : { after }) }), ReviewsAnswer),
  });
export const useMerges = () => useQuery({ queryKey: ["merges"], queryFn: () => ask(hubPath("master/merges"), MergesAnswer) });

export const importTable = (given: z.input<typeof ImportAsk>) => ask(hubPath("master/imports"), ImportAnswer, given, "POST", IMPORT_MS);
export const decide = (review: string, decision: z.input<typeof DecideAsk>) => ask(hubPath(`master/reviews/${part(review)}`), DecidedAnswer, decision);
export const undo = (merge: string, why: string) => ask(hubPath(`master/merges/${part(merge)}/undo`), MergeView, { why });
export const rejectsPath = (run: string) => hubPath(`master/imports/${part(run)}/rejects.csv`);
