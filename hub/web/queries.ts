/** What the sections ask for, and how often while somebody looks. */
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { HubMe } from "../api/pages.ts";
import * as api from "./api.ts";

/** Ages are counted on the page; what they are counted from is asked anew this often. */
const LINKS_MS = 3_000;
/** Lists that change when a unit speaks or a person acts. */
const LISTS_MS = 15_000;
const LIVE_MS = 2_000;
/** Pairs come with an import; to count them reads one. */
const PENDING_MS = 60_000;

export const MeContext = createContext<HubMe | null>(null);

export function useWho(): HubMe {
  const who = useContext(MeContext);
  if (who === null) throw new Error("a section stands outside of its page");
  return who;
}

/** Who answers for the hub; an integrator looks. */
export function useMayChange(): boolean {
  return useWho().role !== "integrator";
}

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: api.me, staleTime: Infinity });
export const useLinks = () => useQuery({ queryKey: ["links"], queryFn: api.links, refetchInterval: LINKS_MS });
export const useReceipts = () => useQuery({ queryKey: ["receipts"], queryFn: api.receipts, refetchInterval: LISTS_MS });
export const useSubjects = () => useQuery({ queryKey: ["subjects"], queryFn: api.subjects, refetchInterval: LISTS_MS });
export const useSubject = (name: string | undefined) =>
  useQuery({ queryKey: ["subject", name], queryFn: () => api.subject(name ?? ""), enabled: name !== undefined });
export const useQuarantine = (enabled: boolean) => useQuery({ queryKey: ["quarantine"], queryFn: api.quarantine, enabled, refetchInterval: LISTS_MS });
export const useDead = (enabled: boolean) => useQuery({ queryKey: ["dead"], queryFn: api.dead, enabled, refetchInterval: LISTS_MS });
export const useStreams = () => useQuery({ queryKey: ["streams"], queryFn: api.streams, refetchInterval: LISTS_MS });
/** Pairs of master data that wait for a person. */
export const usePending = (enabled: boolean) => useQuery({ queryKey: ["pending"], queryFn: api.pending, enabled, refetchInterval: PENDING_MS });
/** The newest ones are asked for again and again while somebody follows. */
export const useOperations = (query: Readonly<Record<string, string>>, live: boolean) =>
  useQuery({
    queryKey: ["operations", query],
    queryFn: () => api.operations(query),
    refetchInterval: live ? LIVE_MS : false,
    placeholderData: (before) => before,
  });
