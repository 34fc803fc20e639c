/** `roster propose` and `roster accept`: the coming weeks' gaps of a unit, shifts that would close them, and taking them. */
import { RosterView } from "../../contracts/roster-view.ts";
import { type Where, withApi } from "./api.ts";

export type RosterPropose = Where & { readonly unit: string; readonly days: number; readonly json: boolean; readonly accept: boolean };

const HOUR_MS = 3_600_000;

export async function proposeRoster(options: RosterPropose): Promise<void> {
  const { unit, days } = options;
  await withApi(options, async (api) => {
    const path = `/api/u/${encodeURIComponent(unit)}/roster`;
    const roster = RosterView.parse(await api.ask("GET", `${path}?days=${days}`));
    console.log(options.json ? JSON.stringify(roster) : textOf(roster));
    if (!options.accept || roster.proposals.length === 0) return;
    await api.ask("POST", `${path}/shifts`, { shifts: roster.proposals.map(({ id: _id, ...shift }) => shift) });
    if (!options.json) console.log(`accepted: ${roster.proposals.length} shifts`);
  });
}

function textOf({ timeZone, respondMs, before, after, proposals, names }: RosterView): string {
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const at = (instant: number): string => clock.format(instant);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const within = `${respondMs / HOUR_MS} h`;
  return [
    `answered within ${within}: ${percent(before.share)} as the shifts are, ${percent(after.share)} with what is proposed (${timeZone})`,
    ...proposals.map(
      ({ engineer, kind, from, until }) => `  ${at(from)} – ${at(until)}  ${names[engineer] ?? engineer}${kind === "on-call" ? " (on call)" : ""}`,
    ),
    ...(after.gaps.length === 0 ? [] : [`open all the same: ${after.gaps.length + after.more}`]),
    ...after.gaps.map(({ from, until, skills, cause }) => `  ${at(from)} – ${at(until)}  ${skills.join(", ")}: ${cause}`),
  ].join("\n");
}
