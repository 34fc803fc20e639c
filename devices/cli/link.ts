/** `link add`: a link that signs one browser in, once: to the board, to an engineer's phone, or to the hub's page. */
import type { Api, Where } from "./api.ts";
import { withApi } from "./api.ts";
import type { LinkRole } from "./option.ts";
import { print, printJson, progress, usage } from "./outcome.ts";

export type LinkAdd = Where & { readonly unit?: string; readonly hub: boolean; readonly role: LinkRole; readonly subject?: string; readonly json: boolean };

export async function addLink(options: LinkAdd): Promise<void> {
  const { hub, unit, role } = options;
  if (hub && unit !== undefined) throw usage("--hub and --unit: a link leads to one of the two");
  if (hub && role !== "operations" && role !== "integrator") throw usage(`--role ${role} has no page at the hub: use operations or integrator`);
  if (!hub && unit === undefined) throw usage("--unit is missing: name the unit, or --hub");
  if (!hub && role === "integrator") throw usage("--role integrator has no page at a unit: use one of operations, dispatcher, engineer, or --hub");
  if (role === "engineer" && options.subject === undefined) throw usage("--role engineer needs --subject: the engineer's id");
  const subject = options.subject ?? role;
  await withApi(options, async (api) => {
    const url = unit === undefined ? await hubLinkUrl(api, role, subject) : await linkUrl(api, unit, role, subject);
    if (options.json) return printJson({ ...(unit === undefined ? { hub: true } : { unit }), role, subject, url });
    print(`link  ${url}   (${subject} of ${unit === undefined ? "the hub" : `unit ${unit}`}; opens once, within a day)`);
    tellHowFar(url);
  });
}

export async function hubLinkUrl(api: Api, role: LinkRole, subject: string): Promise<string> {
  return new URL(await api.addHubLink(role, subject), api.at.hub).href;
}

export async function linkUrl(api: Api, unit: string, role: LinkRole, subject: string): Promise<string> {
  return new URL(await api.addLink(unit, role, subject), api.at.url).href;
}

/** A phone is another machine. */
export function tellHowFar(url: string): void {
  const { hostname } = new URL(url);
  if (/^(127\.|localhost$)/.test(hostname)) progress(`on another machine or a phone, put this machine's address in the place of ${hostname}`);
}
