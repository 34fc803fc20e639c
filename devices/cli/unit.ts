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
