/** What the Worker finds behind SIMULATION while a folder is served: simulated devices and engineers for each sandbox that is made. */
import { z } from "zod";
import { Device } from "../../contracts/device.ts";
import { refuse } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { startEngineers } from "../simulator/engineers.ts";
import { startShadows } from "../simulator/shadow.ts";
import { startFleet } from "../simulator/simulate.ts";
import type { Api } from "./api.ts";
import type { Closing } from "./closing.ts";

/** Sandboxes simulated at a time: each is as many MQTT connections as its unit has devices. */
const SANDBOXES_MAX = 5;

const NewFleet = z.object({
  unit: z.string(),
  devices: z.array(z.object({ ...Device.shape, password: z.string() })),
  engineers: z.array(z.object({ id: z.string(), token: z.string() })),
});
type NewFleet = z.infer<typeof NewFleet>;

export type Served = { readonly api: Api; readonly mqtt: string; readonly http: string; readonly closing: Closing };

/** Until `serve` is given, sandboxes can't be simulated. They end with this process; their units stay. */
export function sandboxFleets(): { readonly answer: (request: Request) => Promise<Response>; readonly serve: (served: Served) => void } {
  let served: Served | null = null;
  let count = 0;

  async function add(on: Served, given: NewFleet): Promise<void> {
    const { profiles } = await on.api.ask<Scenario>("GET", `/api/u/${given.unit}/scenario`);
    const at = { mqttUrl: on.mqtt, unit: given.unit, seed: count };
    const learnt = given.devices.flatMap(({ id, password, profile, baseline }) => {
      const channels = profiles.find((one) => one.id === profile)?.channels.map((channel) => channel.id) ?? [];
      return baseline === undefined ? [] : [{ id, password, channels, mean: baseline.mean, scale: baseline.scale }];
    });
    const shadows = startShadows({ ...at, devices: learnt });
    // Whoever has not learnt its normal yet learns that of a simulated pump.
    const fleet = startFleet({ ...at, devices: given.devices.filter((device) => device.baseline === undefined) });
    const engineers = startEngineers({ httpUrl: on.http, unit: given.unit, engineers: given.engineers, seed: count });
    for (const one of [shadows, fleet, engineers]) on.closing.add(() => one.stop());
  }

  return {
    serve: (on) => void (served = on),
    async answer(request) {
      if (request.method !== "POST" || new URL(request.url).pathname !== "/fleets")
        return Response.json(refuse("unknown-unit", "a demo", "start one with `npm start`"), { status: 404 });
      if (served === null || count >= SANDBOXES_MAX)
        return Response.json(refuse("too-many", `at most ${SANDBOXES_MAX} simulated sandboxes`, "start the server again"), { status: 429 });
      count += 1;
      await add(served, NewFleet.parse(await request.json()));
      return Response.json({}, { status: 201 });
    },
  };
}
