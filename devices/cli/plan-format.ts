/** VROOM's input, as its API has it (v1.14), and what Outpost adds: `pinned` steps, and great-circle travel where there are no matrices. */
import { z } from "zod";

/** Seconds, on whichever clock the file uses; the latest is in the year 33658. */
const TIME_MAX = 1e12;
export const JOBS_MAX = 20_000;
export const VEHICLES_MAX = 2_000;

const id = z.number("is a number; VROOM names things by whole numbers").int("is a whole number; round it").min(0, "is 0 or more; VROOM has no negative ids");
const time = z
  .number("is a number of seconds; leave it out where there is none")
  .int("is a whole number of seconds; round it")
  .min(0, "is 0 or more; count times from an instant before all of them")
  .max(TIME_MAX, "is a time in seconds; give milliseconds as seconds");
const window = z
  .tuple([time, time], "is a pair of times [from, to]; give both")
  .refine(([from, to]) => from <= to, "does not end before it begins; swap the two or correct one");
const windows = z
  .array(window)
  .min(1, "has one window at least; leave the field out where any time will do")
  .transform((list) => list.toSorted((a, b) => a[0] - b[0]))
  .refine((list) => list.every(([from], i) => i === 0 || from > (list[i - 1]?.[1] ?? 0)), "has windows that are apart; join those that overlap");
const amount = z.array(z.number("is a number").min(0, "is 0 or more; what is brought and what is fetched are two fields, delivery and pickup"));
const skills = z.array(z.number("is a whole number").int("is a whole number").min(0, "is 0 or more"));
const location = z.tuple(
  [
    z.number().min(-180, "is a longitude from -180 to 180; VROOM wants [lon, lat]").max(180, "is a longitude from -180 to 180; VROOM wants [lon, lat]"),
    z.number().min(-90, "is a latitude from -90 to 90; VROOM wants [lon, lat]").max(90, "is a latitude from -90 to 90; VROOM wants [lon, lat]"),
  ],
  "is [lon, lat]; give both",
);
const index = z.number("is the index of a row").int("is a whole number").min(0, "is 0 or more; rows are counted from 0");
const priority = z.number("is a number").int("is a whole number").min(0, "is from 0 to 100").max(100, "is from 0 to 100; scale it");
/** Fields of VROOM that would change the plan and are not understood here: better refused than passed over. */
const unsupported = (mend: string) => z.never(`is not supported; ${mend}`).optional();

const place = { location: location.optional(), location_index: index.optional() };
const work = {
  description: z.string().optional(),
  setup: time.default(0),
  service: time.default(0),
  time_windows: windows.optional(),
  setup_per_type: unsupported("give vehicles of each type their own jobs, or use setup"),
  service_per_type: unsupported("use service"),
};

export const InputJob = z.looseObject({
  id,
  ...place,
  ...work,
  delivery: amount.optional(),
  pickup: amount.optional(),
  /** VROOM's old name of `delivery`. */
  amount: amount.optional(),
  skills: skills.default([]),
  priority: priority.default(0),
});
export type InputJob = z.infer<typeof InputJob>;

export const ShipmentStep = z.looseObject({ id, ...place, ...work });
export const InputShipment = z.looseObject({
  pickup: ShipmentStep,
  delivery: ShipmentStep,
  amount: amount.optional(),
  skills: skills.default([]),
  priority: priority.default(0),
});

export const InputBreak = z.looseObject({
  id,
  description: z.string().optional(),
  service: time.default(0),
  time_windows: windows.optional(),
  max_load: unsupported("leave it out"),
});

export const VehicleStep = z.looseObject({
  type: z.enum(["start", "job", "pickup", "delivery", "break", "end"]),
  id: id.optional(),
  /** Outpost's own: stays where it is. Only of the first steps. */
  pinned: z.boolean().optional(),
  service_at: unsupported("pin the step, or give the job a time window"),
  service_after: unsupported("give the job a time window"),
  service_before: unsupported("give the job a time window"),
});

/** What a fixed start, an hour and a kilometre cost. */
export const VehicleCosts = z.looseObject({
  fixed: z.number().min(0, "is 0 or more").default(0),
  per_hour: z.number().min(0, "is 0 or more").optional(),
  per_km: z.number().min(0, "is 0 or more").optional(),
  per_task_hour: unsupported("leave it out: work costs the same whoever does it"),
});

const positive = (what: string) => z.number("is a number").positive(what);

export const InputVehicle = z.looseObject({
  id,
  description: z.string().optional(),
  profile: z.string().default("car"),
  start: location.optional(),
  start_index: index.optional(),
  end: location.optional(),
  end_index: index.optional(),
  capacity: amount.optional(),
  skills: skills.default([]),
  time_window: window.optional(),
  // Taken in this order.
  breaks: z
    .array(InputBreak)
    .default([])
    .transform((list) => list.toSorted((a, b) => (a.time_windows?.[0]?.[0] ?? 0) - (b.time_windows?.[0]?.[0] ?? 0))),
  speed_factor: positive("is more than 0; 1 is the speed of the matrix").max(5, "is 5 at most").default(1),
  max_tasks: z.number().int("is a whole number").min(0, "is 0 or more").optional(),
  max_travel_time: time.optional(),
  max_distance: z.number().min(0, "is 0 or more").optional(),
  costs: VehicleCosts.default({ fixed: 0 }),
  steps: z.array(VehicleStep).default([]),
});
export type InputVehicle = z.infer<typeof InputVehicle>;

/** null, or a leg longer than any shift, can't be travelled. */
const Matrix = z
  .array(z.array(z.number("is a number, or null where there is no way").min(0, "is 0 or more; null says that there is no way").nullable()))
  .refine((rows) => rows.every((row) => row.length === rows.length), "is square; give each row as many entries as there are rows");
export const InputMatrices = z.looseObject({ durations: Matrix, distances: Matrix.optional(), costs: Matrix.optional() });

export const PlanInput = z.looseObject({
  jobs: z.array(InputJob).max(JOBS_MAX, `has ${JOBS_MAX} jobs at most; plan a region at a time`).default([]),
  shipments: z
    .array(InputShipment)
    .max(JOBS_MAX / 2, `has ${JOBS_MAX / 2} shipments at most; plan a region at a time`)
    .default([]),
  vehicles: z
    .array(InputVehicle, "is the list of vehicles; give at least one")
    .min(1, "has one vehicle at least; without anybody nothing can be planned")
    .max(VEHICLES_MAX, `has ${VEHICLES_MAX} vehicles at most; plan a region at a time`),
  matrices: z.record(z.string(), InputMatrices).optional(),
  /** VROOM's old way to give the durations of all profiles. */
  matrix: Matrix.optional(),
  options: z
    .looseObject({ detour: positive("is more than 0").default(1.3), speed_kmh: positive("is more than 0").default(40) })
    .default({ detour: 1.3, speed_kmh: 40 }),
});
export type PlanInput = z.infer<typeof PlanInput>;
