/** What a webhook carries: a CloudEvents 1.0 envelope in structured JSON. Extension attributes (`stream`, `epoch`, `hubseq`, `cursor`) say where in the feed it stands. */
import { jsonBytes } from "../../contracts/delta/json.ts";
import { isSealed } from "../../contracts/delta/seal.ts";
import type { FeedItem } from "../../contracts/delta/operation.ts";
import { RESYNC_TYPE, typeOf } from "./filter.ts";

export const CLOUD_EVENT = "application/cloudevents+json; charset=utf-8";
/** The specification advises less than 20 kB. A larger value is left out and said to be: it is in the feed. */
export const EVENT_BYTES_MAX = 20_000;

/** `nudge`: what changed, without any value · `operation`: with the values, as the feed gives them. */
export type Payload = "nudge" | "operation";

export type CloudEvent = {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly stream?: string;
  readonly epoch?: number;
  readonly hubseq?: number;
  readonly cursor: string;
  readonly data: unknown;
};

/** The same for every attempt and every endpoint: receivers drop what they have. No full stop in it, since the signature joins by them. */
export function eventId({ stream, operation }: FeedItem): string {
  return `${stream}-${operation.epoch}-${operation.hubSeq}`;
}

/** `time`: when the change was written, in RFC 3339. */
export function eventOf(tenant: string, item: FeedItem, payload: Payload, time: string): CloudEvent {
  const { stream, operation, cursor } = item;
  const { origin, entity, id, epoch, hubSeq } = operation;
  const unit = origin.slice(0, origin.indexOf("@"));
  const event = (data: unknown): CloudEvent => ({
    specversion: "1.0",
    id: eventId(item),
    source: `/tenants/${tenant}/units/${unit}`,
    type: typeOf(item),
    subject: `${entity}/${id}`,
    time,
    datacontenttype: "application/json",
    stream,
    epoch,
    hubseq: hubSeq,
    cursor,
    data,
  });
  const { attr, op, outcome, version } = operation;
  const nudge = { entity, id, attr, op, outcome, version };
  if (payload === "nudge") return event(nudge);
  const whole = event(withoutSealed(operation));
  return jsonBytes(whole) <= EVENT_BYTES_MAX ? whole : event({ ...nudge, valueOmitted: true });
}

/** Personal values that the receiver has no purpose for came sealed: they are left out, and said to be. */
function withoutSealed(operation: FeedItem["operation"]): unknown {
  const { value, held, ...rest } = operation;
  if (!isSealed(value) && held?.some((one) => isSealed(one.value)) !== true) return operation;
  const others = held?.map(({ value: one, ...other }) => (one === undefined || isSealed(one) ? other : { ...other, value: one }));
  return { ...rest, ...(value === undefined || isSealed(value) ? {} : { value }), ...(others === undefined ? {} : { held: others }), personalOmitted: true };
}

/** Instead of what lies between two places of the feed. */
export function resyncOf(
  tenant: string,
  endpoint: string,
  count: number,
  why: string,
  places: { readonly from: string; readonly to: string },
  time: string,
): CloudEvent {
  return {
    specversion: "1.0",
    id: `resync-${endpoint}-${count}`,
    source: `/tenants/${tenant}`,
    type: RESYNC_TYPE,
    subject: "feed",
    time,
    datacontenttype: "application/json",
    cursor: places.to,
    data: { why, ...places },
  };
}
