/** What the section of bridges asks; fetched with it when it is opened. */
import { useQuery } from "@tanstack/react-query";
import { ask } from "../../../edge/web/ask.ts";
import { BridgeAnswer, BridgesAnswer, BridgeView } from "../../registry/api-bridge.ts";
import { hubPath, part } from "../api.ts";

const LISTS_MS = 15_000;

export const useBridges = () => useQuery({ queryKey: ["bridges"], queryFn: () => ask(hubPath("bridges"), BridgesAnswer), refetchInterval: LISTS_MS });
export const useBridge = (id: string | undefined) =>
  useQuery({ queryKey: ["bridge", id], queryFn: () => ask(hubPath(`bridges/${part(id ?? "")}`), BridgeView), enabled: id !== undefined });

/** Under the id that it says itself; a document without one is put under "-", and the hub names what it lacks. */
export const putBridge = (bridge: object, why: string) =>
  ask(hubPath(`bridges/${part("id" in bridge && typeof bridge.id === "string" ? bridge.id : "-")}`), BridgeAnswer, { bridge, why }, "PUT");
export const publishBridge = (id: string, why: string) => ask(hubPath(`bridges/${part(id)}/publish`), BridgeAnswer, { why });
