/** The demo's fleet, ready for a unit: the site of `site.ts` with every device commissioned by the scenario's own model. */
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { commission } from "./baseline.ts";
import { bareSite, machineOf, type DemoSite } from "./site.ts";

/** Takes a second, most of it the model's first start. Refuses as `openModelFile` does. */
export async function demoSite(seed: number, now: number, scenario: Scenario = pumpVibration): Promise<DemoSite | Refusal> {
  const site = bareSite(seed, now);
  const profile = scenario.profiles.find((each) => site.devices[0]?.profile === each.id) ?? scenario.profiles[0];
  const scorer = await openModelFile(modelPath(profile?.model ?? "baseline"));
  if (isRefusal(scorer)) return scorer;
  const devices = await commission(
    site.devices.map((device) => ({ device, kind: machineOf(device.id).kind })),
    scenario,
    scorer,
    now,
  );
  return { ...site, devices };
}
