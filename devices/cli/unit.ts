/** `unit create`: a unit from a template. */
import type { TravelConnector } from "../../contracts/scenario.ts";
import { TEMPLATES } from "../../hub/catalogue/templates.ts";
import type { NewUnit, Where } from "./api.ts";
import { withApi } from "./api.ts";
import { print, printJson, progress, usage } from "./outcome.ts";
import { checkRouter } from "./router.ts";

export type UnitCreate = Where & {
  readonly template: string;
  readonly wms?: string;
  readonly travel?: TravelConnector;
  readonly travelProfile?: string;
  readonly traffic: boolean;
  readonly json: boolean;
};

export async function createUnit(id: string, options: UnitCreate): Promise<void> {
  const template = TEMPLATES.get(options.template);
  if (template === undefined) throw usage(`no template ${options.template}: there are ${[...TEMPLATES.keys()].join(", ")}`);
  const travel = travelOf(options);
  // A server elsewhere may have a way to the router that this machine has not.
  if (travel !== undefined && options.server === undefined) {
    const { knowsPlace } = await checkRouter("--travel", travel, template.site.place);
    if (!knowsPlace)
      progress(`--travel: the map of ${travel.kind} at ${travel.url} does not hold the template's site; ways there are reckoned by the great circle`);
  }
  const unit: NewUnit = {
    unit: id,
    template: options.template,
    ...(options.wms === undefined ? {} : { wms: options.wms }),
    ...(travel === undefined ? {} : { travel }),
  };
  await withApi(options, async (api) => {
    await api.createUnit(unit);
    if (options.json) printJson({ unit: id, template: options.template, ...(travel === undefined ? {} : { travel }) });
    else
      print(
        `unit ${id} runs ${options.template}; next: outpost device add ID --unit ${id}, outpost engineer add ID --unit ${id}, outpost link add --role operations --unit ${id}`,
      );
  });
}

function travelOf({ travel, travelProfile, traffic }: UnitCreate): TravelConnector | undefined {
  if (travel === undefined) {
    if (travelProfile !== undefined) throw usage("--travel-profile: says how a routing server is asked; name one with --travel");
    if (traffic) throw usage("--traffic: says what a routing server's answers are; name one with --travel");
    return undefined;
  }
  return { ...travel, ...(travelProfile === undefined ? {} : { profile: travelProfile }), ...(traffic ? { traffic } : {}) };
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
