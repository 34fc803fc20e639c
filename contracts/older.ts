/**
 * Our own contracts as earlier majors had them, word for word: a hub that is new publishes them before today's, so that units of an earlier
 * release are read there too. Documents are added, never edited.
 */
import { z } from "zod";
import { fingerprint, type Contract } from "./contract.ts";
import { kit1 } from "./older/kit.1.ts";
import { offer1 } from "./older/offer.1.ts";
import { ticket1 } from "./older/ticket.1.ts";

/** In the order of their majors. */
export const OLDER: readonly Contract[] = [read("offer", 1, offer1), read("ticket", 1, ticket1), read("kit", 1, kit1)];

function read(subject: string, version: number, text: string): Contract {
  const schema = z.json().parse(JSON.parse(text));
  return { subject, version, schema, fingerprint: fingerprint(schema) };
}
