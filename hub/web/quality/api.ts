/** What the section of data quality asks; fetched with it when it is opened. */
import { useQuery } from "@tanstack/react-query";
import { ask } from "../../../edge/web/ask.ts";
import { BaselineAnswer, DriftAnswer, ProfileAnswer, QualityAnswer } from "../../api/quality.ts";
import { Scan, ScansAnswer, Schedule } from "../../registry/api-bridge.ts";
import { hubPath, part } from "../api.ts";

/** Streams lay down what they counted when they have been quiet for a second: soon enough for somebody who looks. */
const COUNTS_MS = 15_000;

export const useQuality = (days: string) =>
  useQuery({
    queryKey: ["quality", days],
    queryFn: () => ask(hubPath("quality", { days }), QualityAnswer),
    refetchInterval: COUNTS_MS,
    placeholderData: (before) => before,
  });
/** Compared anew with each question, subject after subject: not asked by itself. Undefined: of every subject that has a baseline. */
export const useDrift = (subject: string | undefined) =>
  useQuery({
    queryKey: ["drift", subject],
    queryFn: () => ask(hubPath("quality/drift", subject === undefined ? {} : { subject }), DriftAnswer),
  });
export const useProfile = (subject: string, path: string, days: string) =>
  useQuery({
    queryKey: ["profile", subject, path, days],
    queryFn: () => ask(hubPath(`quality/profiles/${part(subject)}/${part(path)}`, { days }), ProfileAnswer),
  });
export const useScans = (enabled: boolean) => useQuery({ queryKey: ["scans"], queryFn: () => ask(hubPath("scans"), ScansAnswer), enabled });

export const setBaseline = (subject: string, days: string, why: string) =>
  ask(hubPath("quality/baselines"), BaselineAnswer, { subject, days: Number(days), why });
export const scanNow = () => ask(hubPath("scans"), Scan, {});
export const reschedule = (cron: string, zone: string, why: string) => ask(hubPath("scans/schedule"), Schedule, { cron, zone, why }, "PUT");
