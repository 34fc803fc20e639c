/** `token add`: a token for a person, a program or the CRM; printed once. */
import type { Api, Where } from "./api.ts";
import { withApi } from "./api.ts";
import type { GivenRole } from "./option.ts";
import { print, printJson, usage } from "./outcome.ts";

export type TokenAdd = Where & { readonly unit: string; readonly role: GivenRole; readonly subject?: string; readonly json: boolean };

export async function addToken(options: TokenAdd): Promise<void> {
  if (options.role === "customer" && options.subject === undefined) throw usage("--role customer needs --subject: the customer's id");
  const subject = options.subject ?? options.role;
  await withApi(options, async (api) => {
    // Integrators read the feed, which is the hub's, and a unit elsewhere comes to it; everybody else belongs to the unit.
    const atHub = options.role === "integrator" || options.role === "unit";
    const token = atHub ? await api.addHubToken(options.role, options.unit) : await api.addToken(options.unit, options.role, subject);
    if (options.json) printJson({ unit: options.unit, role: options.role, subject, token });
    else print(`token  ${token}   (${options.role} of unit ${options.unit}, shown once)\nuse    ${useOf(options, token, api.at)}`);
  });
}

function useOf({ role, unit }: TokenAdd, token: string, at: Api["at"]): string {
  if (role === "unit") return `OUTPOST_HUB_TOKEN=${token} npm run outpost -- unit join ${unit} --hub ${at.hub}   (where the unit runs)`;
  const complaint = `-d '{"asset":"ASSET","words":"…"}' ${at.url}/api/u/${unit}/complaints`;
  if (role === "customer") return `curl -H "Authorization: Bearer ${token}" ${complaint}`;
  return `curl -H "Authorization: Bearer ${token}" ${role === "integrator" ? `${at.hub}/api/feed` : `${at.url}/api/u/${unit}/me`}`;
}
