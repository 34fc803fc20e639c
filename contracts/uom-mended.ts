/**
 * Scenarios as they were written before a mistake in their units of measure was seen, and as they are meant. So far one: acceleration in
 * `g`, which is UCUM's gram; standard gravity is `[g]`.
 */
import type { Scenario } from "./scenario.ts";

/** What a channel of an acceleration is called in the templates that had the mistake. Who weighs something calls it otherwise. */
const ACCELERATION = /(?:^|\.)(?:vibration|acceleration|rms|peak|envelope|band)(?:\.|$)/;

/** `mended` names the channels, `profile.channel`. The scenario itself where there is nothing to mend. */
export function mendUoms(scenario: Scenario): { readonly scenario: Scenario; readonly mended: readonly string[] } {
  const mended = scenario.profiles.flatMap((profile) => profile.channels.filter(isMeant).map((channel) => `${profile.id}.${channel.id}`));
  if (mended.length === 0) return { scenario, mended };
  const profiles = scenario.profiles.map((profile) => ({
    ...profile,
    channels: profile.channels.map((channel) => (isMeant(channel) ? { ...channel, uom: "[g]" } : channel)),
  }));
  return { scenario: { ...scenario, profiles }, mended };
}

function isMeant({ id, uom }: { readonly id: string; readonly uom: string }): boolean {
  return uom === "g" && ACCELERATION.test(id);
}
