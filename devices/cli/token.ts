/** `token add`: a token for a person, a program or the CRM; printed once. */
import type { Where } from "./api.ts";
import { withApi } from "./api.ts";
import type { GivenRole } from "./option.ts";
import { print, printJson } from "./outcome.ts";

export type TokenAdd = Where & { readonly unit: string; readonly role: GivenRole; readonly subject?: string; readonly json: boolean };

export async function addToken(options: TokenAdd): Promise<void> {
  const subject = options.subject ?? options.role;
  await withApi(options, async (api) => {
    // Integrators read the feed, which is the hub's; everybody else belongs to the unit.
    const token = options.role === "integrator" ? await api.addIntegratorToken(options.unit) : await api.addToken(options.unit, options.role, subject);
    if (options.json) printJson({ unit: options.unit, role: options.role, subject, token });
    else
      print(
        `token  ${token}   (${options.role} of unit ${options.unit}, shown once)\nuse    curl -H "Authorization: Bearer ${token}" ${options.role === "integrator" ? `${api.at.hub}/api/feed` : `${api.at.url}/api/u/${options.unit}/me`}`,
      );
  });
}
