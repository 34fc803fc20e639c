/** `unit create`: a unit from a template. */
import { TEMPLATES } from "../../hub/catalogue/templates.ts";
import type { NewUnit, Where } from "./api.ts";
import { withApi } from "./api.ts";
import { print, printJson, usage } from "./outcome.ts";

export type UnitCreate = Where & { readonly template: string; readonly wms?: string; readonly json: boolean };

export async function createUnit(id: string, options: UnitCreate): Promise<void> {
  if (!TEMPLATES.has(options.template)) throw usage(`no template ${options.template}: there are ${[...TEMPLATES.keys()].join(", ")}`);
  const unit: NewUnit = { unit: id, template: options.template, ...(options.wms === undefined ? {} : { wms: options.wms }) };
  await withApi(options, async (api) => {
    await api.createUnit(unit);
    if (options.json) printJson({ unit: id, template: options.template });
    else
      print(
        `unit ${id} runs ${options.template}; next: outpost device add ID --unit ${id}, outpost engineer add ID --unit ${id}, outpost link add --role operations --unit ${id}`,
      );
  });
}

export type UnitJoin = Where & { readonly hub: string; readonly hubToken?: string; readonly json: boolean };

/** `unit join`: the unit syncs with a hub elsewhere, over a WebSocket that it opens. */
export async function joinUnit(id: string, options: UnitJoin): Promise<void> {
  const token = options.hubToken;
  if (token === undefined) throw usage("set OUTPOST_HUB_TOKEN to the unit's token at that hub: outpost token add --role unit --unit ID, asked there");
  await withApi(options, async (api) => {
    await api.joinHub(id, { url: options.hub, token });
    if (options.json) printJson({ unit: id, hub: options.hub });
    else print(`unit ${id} syncs with ${options.hub}; its board shows when the hub has answered`);
  });
}
