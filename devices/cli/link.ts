/** `link add`: a link that signs one browser in, once: to the board, or to an engineer's phone. */
import type { Api, Where } from "./api.ts";
import { withApi } from "./api.ts";
import type { LinkRole } from "./option.ts";
import { print, printJson, progress, usage } from "./outcome.ts";

export type LinkAdd = Where & { readonly unit: string; readonly role: LinkRole; readonly subject?: string; readonly json: boolean };

export async function addLink(options: LinkAdd): Promise<void> {
  if (options.role === "engineer" && options.subject === undefined) throw usage("--role engineer needs --subject: the engineer's id");
  const subject = options.subject ?? options.role;
  await withApi(options, async (api) => {
    const url = await linkUrl(api, options.unit, options.role, subject);
    if (options.json) return printJson({ unit: options.unit, role: options.role, subject, url });
    print(`link  ${url}   (${subject} of unit ${options.unit}; opens once, within a day)`);
    tellHowFar(url);
  });
}

export async function linkUrl(api: Api, unit: string, role: LinkRole, subject: string): Promise<string> {
  return new URL(await api.addLink(unit, role, subject), api.at.url).href;
}

/** A phone is another machine. */
export function tellHowFar(url: string): void {
  const { hostname } = new URL(url);
  if (/^(127\.|localhost$)/.test(hostname)) progress(`on another machine or a phone, put this machine's address in the place of ${hostname}`);
}
