/** Whose a link is: the administrator's word for the party that a token was given to, and the unit that the token is good for. */
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Signed } from "../../../edge/shell/guard.ts";

type Owned = { readonly owner: string; readonly unit: string };

/** An administrator may touch all; others what their own party made within what their token shows. */
export function isMine({ owner, unit }: Owned, who: Signed): boolean {
  return who.role === "admin" || (owner === who.subject && (who.unit === undefined || who.unit === unit));
}

/** Refuses `unknown-link`, for somebody else's too: what there is of others is nobody's business. */
export function mineOf<T extends Owned>(found: T | undefined, who: Signed): T | Refusal {
  return found !== undefined && isMine(found, who) ? found : unknownLink();
}

export function unknownLink(): Refusal {
  return refuse("unknown-link", "no such link of yours", "ask for the list");
}
