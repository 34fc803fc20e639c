/** What a binding of any adapter says about its value: which channel it becomes, and what of the raw number that is. */
import { z } from "zod";
import { ChannelId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { convert, dimensionOf, isUom } from "../../contracts/uom.ts";

/** What one raw number may stand for "no value": SunSpec has one for each type, controllers seldom more than a few. */
const GAPS_MAX = 8;

const Uom = z.string().refine(isUom, "a UCUM code, such as Cel, bar, mm/s or 1 where there is none");

/** Fields that each binding has. The value is `raw × scale + offset` in `uom`, told in `as` where the channel has another uom. */
export const channelFields = {
  channel: ChannelId,
  scale: z
    .number()
    .refine((scale) => scale !== 0, "a scale other than 0")
    .optional(),
  offset: z.number().optional(),
  uom: Uom.optional(),
  as: Uom.optional(),
  /** Raw numbers that mean that there is no value. */
  gaps: z.array(z.number()).max(GAPS_MAX).optional(),
};

export const ChannelPart = z.strictObject(channelFields);
export type ChannelPart = z.infer<typeof ChannelPart>;

export const CONVERTS = { error: "uom and as measure the same thing", path: ["as"] };
export function converts({ uom, as }: Pick<ChannelPart, "uom" | "as">): boolean {
  return as === undefined || (uom !== undefined && dimensionOf(uom) === dimensionOf(as));
}

/** The channel's value, or null: a gap. What is no finite number is one, and what the binding names as one. */
export function valueOf(raw: number, { scale = 1, offset = 0, uom, as, gaps }: ChannelPart): number | null {
  if (!Number.isFinite(raw) || gaps?.includes(raw) === true) return null;
  // 14 digits: of a count times 0.1 what the device meant, not what binary fractions make of it.
  const value = Number((raw * scale + offset).toPrecision(14));
  if (as === undefined || uom === undefined) return value;
  const converted = convert(value, uom, as);
  return isRefusal(converted) ? null : converted;
}
