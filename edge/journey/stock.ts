/** Parts that people move: what the books say of it, and what becomes of kits whose parts were counted away. */
import { UNIT, type Cause, type Decided, type Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { KitId, PartId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Movement } from "../../contracts/stock.ts";
import { startDraft } from "../decision/draft.ts";
import { move } from "../kit/stock.ts";
import { advance } from "../ticket/ticket.ts";
import { layAgain } from "./kit.ts";
import { stockView } from "./preflight.ts";

/** All of them or none; those that were made before change nothing. Refuses as `move` does, with the field of the movement at fault. */
export function onMovements(view: UnitView, movements: readonly Movement[], by: string, now: Millis): Decided | Refusal {
  const draft = startDraft(view, advance);
  const cut = new Set<KitId>();
  let made = 0;
  for (const [i, movement] of movements.entries()) {
    if (draft.view.get("movement", movement.id) === undefined) made += 1;
    const moved = move(stockView(draft.view), movement);
    if (isRefusal(moved)) return { ...moved, field: `movements.${i}${moved.field === undefined ? "" : `.${moved.field}`}` };
    if (moved.levels.length === 0) continue;
    draft.put({ family: "movement", id: movement.id, after: movement }, ...moved.levels.map((after) => ({ family: "stock", id: after.id, after }) as const));
    for (const { kit } of moved.cut) cut.add(kit);
  }
  if (made === 0) return draft.done();
  const cause: Cause = { at: now, type: "movements", ref: movements[0]?.id ?? UNIT, actor: by };
  draft.tell(cause, "import", "stock", { outcome: "moved", snapshot: { movements: made, cut: [...cut] } });
  for (const kit of cut) layAgain(draft, kit, cause);
  lookAgain(draft, new Set(movements.map(({ part }) => part)), now);
  return draft.done();
}

/** Jobs that wait and need one of these parts: somebody may have them now. */
function lookAgain(draft: Draft, parts: ReadonlySet<PartId>, now: Millis): void {
  const waiting = [...draft.view.list("ticket", { state: "open" }), ...draft.view.list("ticket", { state: "reopened" })];
  for (const { id, kit } of waiting)
    if (draft.view.get("kit", kit)?.lines.some(({ part }) => parts.has(part)) === true)
      draft.time({ set: `dispatch:${id}`, at: now, due: { type: "dispatch-again", ticket: id } });
}
