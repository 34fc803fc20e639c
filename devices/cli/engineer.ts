/** `engineer add`: somebody who can be sent, and the link for their phone. What is known of them stays, except what the options say. */
import type { Board } from "../../contracts/board.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import { EngineerId } from "../../contracts/ids.ts";
import type { SkillId } from "../../contracts/ids.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Where } from "./api.ts";
import { withApi } from "./api.ts";
import { linkUrl, tellHowFar } from "./link.ts";
import { print, printJson, usage } from "./outcome.ts";

const ALWAYS: Engineer["shifts"] = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];

export type EngineerAdd = Where & {
  readonly unit: string;
  readonly name?: string;
  readonly skills?: readonly SkillId[];
  readonly lat?: number;
  readonly lon?: number;
  readonly locatable: boolean;
  readonly json: boolean;
};

export async function addEngineer(id: string, options: EngineerAdd): Promise<void> {
  if ((options.lat === undefined) !== (options.lon === undefined)) throw usage("--lat and --lon go together");
  await withApi(options, async (api) => {
    const scenario = await api.ask<Scenario>("GET", `/api/u/${options.unit}/scenario`);
    const { engineers } = await api.ask<Board>("GET", `/api/u/${options.unit}/board`);
    const engineer = engineerOf(
      EngineerId.parse(id),
      scenario,
      options,
      engineers.find((one) => one.id === id),
    );
    await api.writeEntities(options.unit, [{ family: "engineer", entity: engineer }]);
    const url = await linkUrl(api, options.unit, "engineer", id);
    if (options.json) return printJson({ unit: options.unit, engineer, url });
    print(`engineer  ${id} in unit ${options.unit}: ${engineer.skills.join(", ")}\nphone     ${url}   (opens once, within a day)`);
    tellHowFar(url);
  });
}

/** Unless told otherwise: can everything that the unit may ask for, is always on shift, starts from the site, and is not located. */
function engineerOf(id: EngineerId, scenario: Scenario, options: EngineerAdd, known: Engineer | undefined): Engineer {
  const { name, skills, lat, lon } = options;
  return {
    id,
    name: name ?? known?.name ?? id,
    skills: [...(skills ?? known?.skills ?? new Set(scenario.faultModes.flatMap((mode) => mode.skills)))],
    shifts: known?.shifts ?? ALWAYS,
    home: lat !== undefined && lon !== undefined ? { lat, lon } : (known?.home ?? scenario.site.place),
    locatable: options.locatable || known?.locatable === true,
  };
}
