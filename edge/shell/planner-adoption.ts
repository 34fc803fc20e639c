/**
 * A proposal on its way into the plan, one piece in a turn. What is left of it is a row that is written in the transaction of the piece before: an
 * object that ends in between goes on where it was, and a plan that somebody has changed meanwhile drops the rest.
 */
import { UNIT, type Decided } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { beginAdoption, type Adoption } from "../dispatch/replan/adopt.ts";
import type { Proposal } from "../dispatch/replan/ask.ts";
import { onAdoption } from "../journey.ts";

/** What a piece came to: `more` are to come. Refused: somebody changed the plan; `warm`: what the rest of it is a start for. */
export type Taken = "adopted" | "kept" | "more" | { readonly stale: Refusal; readonly made: number; readonly warm: Proposal["tours"] };

export type PlannerAdoption = {
  /** The first piece. */
  readonly take: (proposal: Proposal) => Taken;
  /** The next piece; null where nothing is begun. */
  readonly goOn: () => Taken | null;
  readonly isBegun: () => boolean;
};

export type AdoptionParts = {
  readonly view: UnitView;
  /** The row; empty or absent: nothing is begun. */
  readonly read: () => string | undefined;
  readonly write: (text: string) => void;
  /** One transaction. */
  readonly input: (body: (write: (decided: Decided, actor: string, reason: string) => void) => void, now: Millis) => void;
  readonly newId: NewId;
  readonly now: () => Millis;
};

export function plannerAdoption(parts: AdoptionParts): PlannerAdoption {
  /** The row once read, which is written here alone. */
  let begun: Adoption | null | undefined;

  function kept(): Adoption | null {
    if (begun !== undefined) return begun;
    const text = parts.read() ?? "";
    begun = text === "" ? null : (JSON.parse(text) as Adoption);
    return begun;
  }

  function keep(rest: Adoption | null): void {
    parts.write(rest === null ? "" : JSON.stringify(rest));
    begun = rest;
  }

  /** A piece and what is left after it, or neither. */
  function put(decided: Decided, rest: Adoption | null | undefined, now: Millis): void {
    try {
      parts.input((write) => {
        write(decided, UNIT, "proposal");
        // Within it: what follows an input sees that there is more to come.
        if (rest !== undefined) keep(rest);
      }, now);
    } catch (error) {
      begun = undefined;
      throw error;
    }
  }

  function adopt(adoption: Adoption, isFirst: boolean): Taken {
    const now = parts.now();
    const adopted = onAdoption(parts.view, adoption, now, parts.newId);
    if (isRefusal(adopted)) {
      if (!isFirst) keep(null);
      return { stale: adopted, made: adoption.made, warm: adoption.proposal.tours };
    }
    const { decided, made, rest } = adopted;
    const isRow = !isFirst || rest !== null;
    const isChange = decided.changes.length + decided.because.length > 0;
    if (isChange) put(decided, isRow ? rest : undefined, now);
    else if (isRow) keep(rest);
    if (rest !== null) return "more";
    return isChange || made > 0 ? "adopted" : "kept";
  }

  return {
    take: (proposal) => adopt(beginAdoption(proposal), true),
    goOn() {
      const adoption = kept();
      if (adoption === null) return null;
      try {
        return adopt(adoption, false);
      } catch (error) {
        // A piece that throws (a bug) would throw again: the plan stays as the pieces before have left it.
        keep(null);
        throw error;
      }
    },
    isBegun: () => kept() !== null,
  };
}
