/** What people and other systems say to a unit: of jobs and offers, and of actions that wait for a word. Each is one input. */
import { uuidv7 } from "uuidv7";
import type { ComplaintAnswer } from "../../contracts/complaint-answer.ts";
import type { Answer } from "../../contracts/effect.ts";
import type { Action } from "../../contracts/fan-out.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { onAnswer } from "../journey.ts";
import { onAction } from "../journey/fan-out.ts";
import { type Allowance, spend } from "../ticket/allowance.ts";
import { complaintAnswer } from "../ticket/complaint.ts";
import { ticketOfAnswer } from "./unit-desk.ts";
import type { Runner } from "./runner.ts";

export type Answered = { readonly ticket?: Ticket; readonly about?: ComplaintAnswer };

/** A repeated answer is answered again: the ticket as it is. `allowance`: how much a customer may still say. Refuses as `spend` and `onAnswer`. */
export function takeAnswer(runner: Runner, allowance: Allowance, answer: Answer, now: Millis): Answered | Refusal {
  const no = "as" in answer && answer.as === "customer" ? spend(allowance, answer.by, now) : null;
  const decided = no ?? onAnswer(runner.view, answer, now, uuidv7);
  if (isRefusal(decided)) return decided;
  runner.input((write) => write(decided, "by" in answer ? answer.by : "wms", answer.type), now);
  const ticket = ticketOfAnswer(runner.desk.entities, answer);
  const about = answer.type === "complain" && answer.id !== undefined ? complaintAnswer(runner.view, answer.asset, answer.id) : undefined;
  return { ...(ticket === undefined ? {} : { ticket }), ...(about === undefined ? {} : { about }) };
}

export type ActionWord = { readonly type: "allow" | "again" | "drop" };

/** The action as it is then. Refuses as `onAction`. */
export function takeWord(runner: Runner, key: string, word: ActionWord, by: string, now: Millis): { readonly action?: Action } | Refusal {
  const decided = onAction(runner.view, key, word, by, now);
  if (isRefusal(decided)) return decided;
  runner.input((write) => write(decided, by, "fan-out"), now);
  const action = runner.desk.entities.get("action", key)?.action;
  return action === undefined ? {} : { action };
}
