/** The same facts with one of them other than it is. Every change names one thing that somebody could do, or that could have been. */
import type { EngineerId } from "../../contracts/ids.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import type { Facts, Worker } from "./facts.ts";
import type { Question } from "./rank.ts";

export type Case = { readonly facts: Facts; readonly question: Question };

export function suppose({ facts, question }: Case, engineer: EngineerId, what: WhatIf): Case {
  const ofWorker = (change: (worker: Worker) => Worker): Case => ({
    question,
    facts: { ...facts, workers: facts.workers.map((worker) => (worker.engineer.id === engineer ? change(worker) : worker)) },
  });
  switch (what.change) {
    case "closer":
      return ofWorker((worker) => ({ ...worker, closerMs: what.byMs }));
    case "shift-until":
    case "on-shift":
      return ofWorker((worker) => ({ ...worker, duty: { state: "on", endAt: what.until }, freeAt: worker.duty.state === "on" ? worker.freeAt : facts.now }));
    case "present":
      return ofWorker((worker) => ({ ...worker, duty: { state: "on", endAt: undefined }, freeAt: facts.now }));
    case "skill":
      return ofWorker((worker) => ({ ...worker, engineer: { ...worker.engineer, skills: [...worker.engineer.skills, what.skill] } }));
    case "part":
      return {
        question,
        facts: {
          ...facts,
          partsFor: (goer, ticket, site) => {
            const way = facts.partsFor(goer, ticket, site);
            return goer.engineer.id !== engineer || way === undefined ? way : { ...way, missing: way.missing.filter(({ part }) => part !== what.part) };
          },
        },
      };
    case "job-gone":
      return ofWorker((worker) => withoutJob(worker, what.ticket, facts.now));
    case "offer-answered":
      return ofWorker(({ held: _answered, ...worker }) => ({ ...worker, stops: worker.stops.filter(({ hold }) => hold !== "promised") }));
    case "not-asked-yet":
      return { facts, question: { ...question, ticket: { ...question.ticket, asked: question.ticket.asked.filter((id) => id !== engineer) } } };
    case "territory":
      return ofWorker((worker) => {
        const { territory: _everywhere, ...rest } = worker.engineer;
        return { ...worker, engineer: rest };
      });
    case "break-moved":
      return ofWorker((worker) => ({ ...worker, pauses: [] }));
    case "preferred":
      return { facts, question: { ...question, preferred: new Set([...question.preferred, engineer]) } };
    case "priority":
      return { facts, question: { ...question, ticket: { ...question.ticket, priority: what.priority } } };
  }
}

/** Done or moved: whoever was at it, or on the way to it, is free now and there. */
function withoutJob(worker: Worker, ticket: string, now: number): Worker {
  const locked = worker.locked.filter((stop) => stop.ticket.id !== ticket);
  const stops = worker.stops.filter((stop) => stop.ticket.id !== ticket);
  return locked.length === worker.locked.length
    ? { ...worker, stops }
    : { ...worker, stops, locked, freeAt: Math.max(now, ...locked.map(({ endAt }) => endAt)) };
}
