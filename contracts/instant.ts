/** Instants and places: epoch milliseconds inside, RFC 3339 UTC only on HTTP exports; WGS84 degrees. */
import { z } from "zod";
import { uom } from "./meaning.ts";

/** Milliseconds since the epoch, a whole number. Fields that hold one end in `At` or `By`; lengths end in `Ms`. */
export const Instant = z.number().int().min(0).max(8_640_000_000_000_000);
export type Instant = z.infer<typeof Instant>;
export type Millis = number;

export const Place = z.strictObject({ lat: z.number().min(-90).max(90).meta(uom("deg")), lon: z.number().min(-180).max(180).meta(uom("deg")) });
export type Place = z.infer<typeof Place>;

/** A text that people read, in each language that we speak. */
export const Words = z.strictObject({ en: z.string().min(1).max(200), zh: z.string().min(1).max(200) });
export type Words = z.infer<typeof Words>;
