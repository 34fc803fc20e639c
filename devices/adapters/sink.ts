/** Where an adapter's telemetry goes, and what it counts: the port between what speaks a foreign protocol and the device's link. */
import type { DeviceId } from "../../contracts/ids.ts";
import type { LinkState, Published, TelemetryDraft } from "../sdk/device.ts";

/** The answer is the link's own; an adapter does not wait for it, the link keeps what the unit has not got. */
export type Sink = (device: DeviceId, telemetry: TelemetryDraft) => Promise<Published>;

/** `why` says what ended the last line: for people. */
export type Tell = (state: LinkState, why: string) => void;

export type AdapterCounts = {
  /** Rows handed to the link. */
  readonly messages: number;
  /** Values in them, and those that were gaps. */
  readonly values: number;
  readonly gaps: number;
  /** Questions that the server refused, and lines that broke or did not answer in time. */
  readonly refused: number;
  readonly breaks: number;
};

export type Adapter = { counts(): AdapterCounts; close(): Promise<void> };
