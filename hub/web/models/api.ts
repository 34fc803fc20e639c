/** What the section of models asks; fetched with it when it is opened. */
import { useQuery } from "@tanstack/react-query";
import type { ReleaseAskType } from "../../../contracts/release.ts";
import { ask } from "../../../edge/web/ask.ts";
import { KeptModel, ModelsAnswer, ReleaseView, ReleasesAnswer } from "../../models/asked.ts";
import { hubPath, part } from "../api.ts";

/** Units tell within a second or two what they did when they were asked. */
const RELEASE_MS = 3_000;
const LISTS_MS = 15_000;

export const useModels = () => useQuery({ queryKey: ["models"], queryFn: () => ask(hubPath("models"), ModelsAnswer), refetchInterval: LISTS_MS });
export const useReleases = () => useQuery({ queryKey: ["releases"], queryFn: () => ask(hubPath("releases"), ReleasesAnswer), refetchInterval: LISTS_MS });
export const useModel = (hash: string) => useQuery({ queryKey: ["model", hash], queryFn: () => ask(hubPath(`models/${part(hash)}`), KeptModel) });
export const useRelease = (id: string) =>
  useQuery({ queryKey: ["release", id], queryFn: () => ask(hubPath(`releases/${part(id)}`), ReleaseView), refetchInterval: RELEASE_MS });

export const askOf = (id: string, type: ReleaseAskType, why: string, unit?: string) =>
  ask(hubPath(`releases/${part(id)}/asks`), ReleaseView, { type, why, ...(unit === undefined ? {} : { units: [unit] }) });
export const filePath = (hash: string): string => hubPath(`models/${part(hash)}/file`);
