/** Which topics of an existing broker become which device's channels, or topics, here: the bridge's table, as declared. */
import { z } from "zod";
import { DeviceId } from "../../../contracts/ids.ts";
import { channelFields, converts, CONVERTS } from "../channel.ts";
import { fill, isFilter, overlaps, placesOf, spread, wildcardsOf, capture } from "./filter.ts";

/** Rows of one bridge, and devices that it speaks for: each device has a connection of its own here. */
const ROWS_MAX = 500;
const DEVICES_MAX = 500;
/** How long the other broker keeps our session, a week: a bridge that is down over a long weekend loses nothing. */
export const SESSION_S = 7 * 24 * 3_600;

const Template = z.string().min(1).max(300);

const ChannelRow = z
  .strictObject({
    ...channelFields,
    /** Where in a JSON payload the number is: `data.temperature`. Absent: the payload is the number. */
    field: z.string().min(1).max(200).optional(),
  })
  .refine(converts, CONVERTS);

export const Row = z
  .strictObject({
    from: z.string().max(1_000).refine(isFilter, "a topic filter, such as plant/+/temperature"),
    qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
    /** `{1}` stands for what the first wildcard took. */
    device: Template,
    /** The payload's numbers become these channels … */
    channels: z.array(ChannelRow).min(1).max(64).optional(),
    /** … measured at this field's instant, in milliseconds or ISO 8601; absent: when the message came. */
    at: z.string().min(1).max(200).optional(),
    /** Or the payload goes on as it is, under this topic. */
    topic: Template.optional(),
    /** Also what the broker had retained when we subscribed. */
    retained: z.boolean().optional(),
  })
  .superRefine((row, context) => {
    const fault = (field: string, message: string, mend: string): void => context.addIssue({ code: "custom", message, path: [field], params: { mend } });
    if ((row.channels === undefined) === (row.topic === undefined))
      fault("channels", "either channels or topic", "say which numbers become channels, or under which topic the payload goes on");
    if (row.at !== undefined && row.channels === undefined) fault("at", "only of channels", "leave it out where the payload goes on as it is");
    for (const [field, template] of [
      ["device", row.device],
      ["topic", row.topic ?? ""],
    ] as const) {
      const most = wildcardsOf(row.from);
      if (placesOf(template).some((n) => n < 1 || n > most)) fault(field, `from has ${most} wildcards`, "count the wildcards from 1");
    }
    if (row.topic !== undefined && /[+#]/.test(row.topic)) fault("topic", "a topic, no filter", "use {1} for what a wildcard took");
  });
export type Row = z.infer<typeof Row>;

export const BridgeConfig = z
  .strictObject({
    broker: z.strictObject({
      url: z.string().regex(/^(?:mqtts?|wss?):\/\/\S+$/, "an address such as mqtt://10.0.0.9:1883"),
      user: z.string().optional(),
      password: z.string().optional(),
      /** The name of our session there: another one, another session. */
      clientId: z.string().min(1).max(100),
      /** Absent: 5, with which what we sent ourselves is known again. */
      protocolVersion: z.union([z.literal(4), z.literal(5)]).optional(),
      sessionS: z.int().min(60).max(4_294_967_294).optional(),
    }),
    devices: z
      .array(z.strictObject({ device: DeviceId, password: z.string().min(1).optional() }))
      .min(1)
      .max(DEVICES_MAX),
    topics: z.array(Row).min(1).max(ROWS_MAX),
  })
  .superRefine(({ broker, topics }, context) => {
    for (const [i, row] of topics.entries()) {
      const fault = (field: string, message: string, mend: string): void =>
        context.addIssue({ code: "custom", message, path: ["topics", i, field], params: { mend } });
      const other = topics.findIndex((one, j) => j < i && overlaps(one.from, row.from));
      if (other >= 0)
        fault(
          "from",
          `${row.from} and ${topics[other]?.from ?? ""} take the same topics: some brokers would send each message twice`,
          "make one row of them, or narrow one",
        );
      const { topic } = row;
      if (broker.protocolVersion !== 4 || topic === undefined) continue;
      const loop = topics.find(({ from }) => overlaps(from, spread(topic)));
      if (loop !== undefined)
        fault("topic", `${loop.from} would take it again, should it come back`, "use protocolVersion 5, which tells what we sent ourselves, or another topic");
    }
  });
export type BridgeConfig = z.infer<typeof BridgeConfig>;

export type Routed = { readonly row: Row; readonly device: string; readonly topic: string | null };

/** Which row takes the topic, for which device and on which topic here; null where none does, or a name comes out empty. */
export function route(rows: readonly Row[], topic: string): Routed | null {
  for (const row of rows) {
    const taken = capture(row.from, topic);
    if (taken === null) continue;
    const device = fill(row.device, taken);
    const target = row.topic === undefined ? null : fill(row.topic, taken);
    return device === null || (row.topic !== undefined && target === null) ? null : { row, device, topic: target };
  }
  return null;
}
