/** How each attribute of each family merges. Part of the contract: it goes into the contract's fingerprint. */
import type { Family } from "../entity.ts";
import type { MergeRule } from "./operation.ts";

type FamilyRules = { readonly otherwise: MergeRule; readonly attrs?: Readonly<Record<string, MergeRule>> };

/** What a unit opens, it owns: jobs are `unit-wins`. What several units share is decided by the later clock; what the customer says by the CRM, by the hub. */
export const RULES: Readonly<Record<Family, FamilyRules>> = {
  asset: { otherwise: "lww" },
  device: { otherwise: "unit-wins" },
  customer: { otherwise: "lww", attrs: { contact: "manual" } },
  agreement: { otherwise: "lww" },
  calendar: { otherwise: "lww" },
  engineer: { otherwise: "lww" },
  position: { otherwise: "unit-wins" },
  repair: { otherwise: "unit-wins" },
  // Counted upwards within one episode; a late, smaller figure tells nothing.
  alarm: { otherwise: "unit-wins", attrs: { repeats: "max", absorbed: "max" } },
  ticket: { otherwise: "unit-wins", attrs: { round: "max", priority: "hub-wins", hold: "hub-wins", appointment: "hub-wins" } },
  complaint: { otherwise: "hub-wins", attrs: { ticket: "unit-wins", answer: "unit-wins" } },
  offer: { otherwise: "unit-wins" },
  assignment: { otherwise: "unit-wins" },
  kit: { otherwise: "unit-wins", attrs: { attempts: "max" } },
  suppression: { otherwise: "unit-wins" },
  route: { otherwise: "unit-wins" },
  move: { otherwise: "unit-wins" },
  calibration: { otherwise: "unit-wins" },
  knowledge: { otherwise: "unit-wins" },
  advice: { otherwise: "unit-wins" },
  depot: { otherwise: "unit-wins" },
  stock: { otherwise: "unit-wins" },
  movement: { otherwise: "unit-wins" },
  reservation: { otherwise: "unit-wins" },
  action: { otherwise: "unit-wins" },
};

export function ruleOf(family: Family, attr: string): MergeRule {
  const rules = RULES[family];
  return (rules.attrs !== undefined && Object.hasOwn(rules.attrs, attr) ? rules.attrs[attr] : undefined) ?? rules.otherwise;
}
