/** Everything a page may say on the live socket. What changes something goes over HTTP, where it has an answer. */
import { z } from "zod";

export const Up = z.discriminatedUnion("type", [
  /** First word after connecting. A version that the unit does not speak is answered by `reload`. */
  z.strictObject({ type: z.literal("hello"), version: z.number().int() }),
]);
export type Up = z.infer<typeof Up>;
