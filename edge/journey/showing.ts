/** What stands where refused values stand: findings about sensors and clocks that begin, and rows that nobody scored. */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { SensorFinding } from "../../contracts/sensor.ts";
import { quarantine } from "../ingest/sample-tail.ts";
import type { Track, Tracks } from "./track.ts";

const encoder = new TextEncoder();

/** A finding that begins stands where refused values stand: one line for each device, channel and rule. */
export function show(tracks: Tracks, track: Track, finding: SensorFinding | null, at: number): void {
  if (finding === null) return;
  const { channel, rule, mend, since } = finding;
  const refusal = refuse("breaks-contract", rule, mend, channel === undefined ? "ts" : `channels.${channel}`);
  quarantine(tracks.quarantine, track.device.id, refusal, encoder.encode(JSON.stringify({ since })), at);
}

/** One line for the profile: a line for each device would push out everything else that was refused. */
export function countUnscored(tracks: Tracks, { device, profile }: Track, ts: number, at: number, refusal: Refusal): void {
  tracks.counters.refused++;
  quarantine(tracks.quarantine, `profile ${profile.id}`, refusal, encoder.encode(JSON.stringify({ device: device.id, ts })), at);
}
