/** What administrators and operations ask: units, devices, tokens, links, imports, sandboxes; and the demo's buttons. */
import type { Context } from "hono";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { DeviceId, FaultModeId, ModelHash, UnitId } from "../../contracts/ids.ts";
import { Role } from "../../contracts/permission.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { DispatchPolicy, Scenario } from "../../contracts/scenario.ts";
import { TEMPLATES } from "../../hub/catalogue/templates.ts";
import { readBody, refused } from "./answer.ts";
import type { Bound, Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { makeSandbox } from "./sandbox.ts";
import { unitNamed, unitOf } from "./stubs.ts";
import { Import, NewDevice } from "./unit-import.ts";

const BODY_BYTES_MAX = 16 * 1024;
/** 2,000 entities of an import, a device with its baseline being about 600 bytes. */
const IMPORT_BYTES_MAX = 4 * 1024 * 1024;

/** The hub's own objects lie beside the units': that name is taken. */
const NewUnitId = UnitId.refine((name) => name !== "hub", "any name but hub");
const NewUnit = z.strictObject({
  unit: NewUnitId,
  template: z.string().max(63),
  wms: z.url({ protocol: /^https?$/ }).optional(),
  teams: Scenario.shape.connectors.shape.teams,
  travel: Scenario.shape.connectors.shape.travel,
  model: ModelHash.optional(),
  ackWithinMs: z.number().int().min(0).max(5_000).optional(),
  offerMs: DispatchPolicy.shape.offerMs.optional(),
  planner: z.boolean().optional(),
  autonomy: Scenario.shape.autonomy.partial().optional(),
});
const NewToken = z.strictObject({ role: Role.exclude(["admin", "unit"]), subject: z.string().min(1).max(64) });
/** Customers and programs have no page here. */
const NewLink = NewToken.extend({ role: NewToken.shape.role.exclude(["customer", "integrator"]) });
const NewSandbox = z.strictObject({ unit: NewUnitId.optional() });
/** An hour of practice is a long one. */
const Drill = z.strictObject({ ms: z.number().int().min(1_000).max(3_600_000) });
const NewHub = z.strictObject({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(16).max(200) });
const Plug = z.strictObject({ plugged: z.boolean() });
const Fault = z.strictObject({ device: DeviceId, mode: FaultModeId });

export function adminRoutes(route: Registrar): void {
  route.signed("POST", "/api/units", async (c) =>
    withBody(
      c,
      NewUnit,
      async (given) => {
        const scenario = TEMPLATES.get(given.template);
        if (scenario === undefined) return refuse("unknown-template", `one of ${[...TEMPLATES.keys()].join(", ")}`, "name one of them", "template");
        return unitNamed(c.env, given.unit).create(given.unit, adapted(scenario, given));
      },
      201,
    ),
  );
  route.signed("POST", "/api/u/:unit/tokens", async (c) => withBody(c, NewToken, ({ role, subject }) => unitOf(c).addToken(role, subject), 201));
  route.signed("POST", "/api/u/:unit/links", async (c) =>
    withBody(
      c,
      NewLink,
      async ({ role, subject }) => {
        const link = await unitOf(c).addLink(role, subject);
        return isRefusal(link) ? link : { path: `/enter/${c.req.param("unit")}/${link.code}` };
      },
      201,
    ),
  );
  route.signed("POST", "/api/u/:unit/devices", async (c, who) => withBody(c, NewDevice, (given) => unitOf(c).addDevice(given, who.subject), 201));
  route.signed("POST", "/api/u/:unit/entities", async (c, who) =>
    withBody(c, Import, (given) => unitOf(c).putEntities(given, who.subject), 200, IMPORT_BYTES_MAX),
  );
  route.signed("POST", "/api/u/:unit/sandboxes", async (c) => {
    const source = c.req.param("unit") ?? "";
    return withBody(c, NewSandbox, ({ unit }) => makeSandbox(c.env, source, unit ?? sandboxName(source)), 201);
  });
  route.signed("POST", "/api/u/:unit/hub", async (c) => withBody(c, NewHub, (given) => unitOf(c).joinHub(given)));
  route.signed("POST", "/api/u/:unit/drill", async (c) => withBody(c, Drill, ({ ms }) => unitOf(c).drill(ms)));
  route.signed("GET", "/api/u/:unit/receipts", async (c) => tell(c, await unitOf(c).receipts()));
  route.signed("GET", "/api/u/:unit/demo", (c) => beside(c, "GET", "demo"));
  route.signed("POST", "/api/u/:unit/demo/hub", async (c) => withBody(c, Plug, (given) => beside(c, "POST", "hub", given)));
  route.signed("POST", "/api/u/:unit/demo/fault", async (c) => withBody(c, Fault, (given) => beside(c, "POST", "fault", given)));
}

function adapted(scenario: Scenario, given: z.infer<typeof NewUnit>): Scenario {
  return {
    ...scenario,
    ...(given.ackWithinMs === undefined ? {} : { ackWithinMs: given.ackWithinMs }),
    autonomy: { ...scenario.autonomy, ...given.autonomy } as Scenario["autonomy"],
    dispatch: {
      ...scenario.dispatch,
      ...(given.offerMs === undefined ? {} : { offerMs: given.offerMs }),
      ...(given.planner === undefined ? {} : { planner: given.planner }),
    },
    connectors: {
      ...(given.wms === undefined ? {} : { wms: { url: given.wms } }),
      ...(given.teams === undefined ? {} : { teams: given.teams }),
      ...(given.travel === undefined ? {} : { travel: given.travel }),
    },
    profiles: scenario.profiles.map((profile) => (given.model === undefined ? profile : { ...profile, modelHash: given.model })),
  };
}

/** Unique without asking anybody, and short enough beside any source's name. */
function sandboxName(source: string): string {
  return `${source.slice(0, 40)}-sandbox-${uuidv7().replaceAll("-", "").slice(-8)}`;
}

async function beside(c: Context<Bound>, method: "GET" | "POST", path: string, body?: object): Promise<Response> {
  if (c.env.SIMULATION === undefined) return refused(c, refuse("unknown-unit", "a demo", "start one with `npm start`"));
  const url = `http://simulation/demo/${path}?unit=${encodeURIComponent(c.req.param("unit") ?? "")}`;
  const answer = await c.env.SIMULATION.fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  // A copy: headers of a fetched answer can't be added to.
  return new Response(answer.body, answer);
}

async function withBody<T>(
  c: Context<Bound>,
  schema: z.ZodType<T>,
  run: (given: T) => Promise<unknown>,
  status: 200 | 201 = 200,
  bytesMax = BODY_BYTES_MAX,
): Promise<Response> {
  const given = await readBody(c, schema, bytesMax);
  if (isRefusal(given)) return refused(c, given);
  const answer = await run(given);
  return answer instanceof Response ? answer : tell(c, answer, status);
}
