/**
 * A job that stands for several faults is prepared for all of them: its checklist is what any of them asks for, its kit what they need together. A
 * part that two faults of one component need is needed once, in the larger number: the component is opened once; of different components it adds up.
 */
import type { Advice, AdvisedLine } from "../../contracts/advice.ts";
import { LEFT_KEPT_MAX, SIMILAR_KEPT_MAX } from "../../contracts/advice.ts";
import type { PartCount } from "../../contracts/asset.ts";
import { sameJson } from "../../contracts/delta/json.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { FaultModeId } from "../../contracts/ids.ts";
import { LINES_MAX } from "../../contracts/reservation.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { joinSteps } from "../knowledge/checklist.ts";
import { faultModeById } from "../ticket/fault-mode.ts";
import { isOverState } from "../ticket/life.ts";

/** Its own fault first, then those of the alarms that joined it. */
export function faultsOf(view: UnitView, { faultMode, alarms = [] }: Ticket): readonly FaultModeId[] {
  return [...new Set([faultMode, ...alarms.flatMap((alarm) => view.get("alarm", alarm)?.faultMode ?? [])])];
}

/** A fault joined the job: its steps are to be ticked too. Where work goes on already, those for safety before it is done. */
export function joinChecklist(draft: Draft, ticket: Ticket, faultMode: FaultModeId, cause: Cause): void {
  const mode = faultModeById(draft.view.scenario, faultMode);
  if (mode?.checklist === undefined || isOverState(ticket.state)) return;
  const isThere = "arrivedAt" in ticket && ticket.arrivedAt !== undefined;
  const before = ticket.checklist ?? [];
  const coming = isThere ? mode.checklist.map((step) => ({ ...step, before: "resolved" as const })) : mode.checklist;
  const checklist = [...joinSteps([before, coming])];
  if (sameJson(checklist, before)) return;
  draft.put({ family: "ticket", id: ticket.id, after: { ...ticket, checklist } });
  const known = new Set(before.map(({ id }) => id));
  draft.tell(cause, "ticket", ticket.id, {
    outcome: "steps-joined",
    snapshot: { steps: checklist.flatMap(({ id }) => (known.has(id) ? [] : [id])), faultMode },
    reasons: [{ code: "same-visit", about: { faultMode, steps: checklist.length - before.length } }],
  });
}

/** The advice for each fault as one. `share`: whether two of them sit on one component. */
export function joinAdvice(advices: readonly Advice[], share: (a: FaultModeId, b: FaultModeId) => boolean): Advice | null {
  const [first, ...others] = advices;
  if (first === undefined || others.length === 0) return first ?? null;
  const lines = joinLines(
    advices.map(({ faultMode, lines: of }) => ({ faultMode, lines: of })),
    share,
    mergeLine,
  );
  const taken = new Set<string>(lines.map(({ part }) => part));
  const left = new Map(advices.flatMap((advice) => advice.left.map((line) => [line.part, line] as const)));
  return {
    ...first,
    cited: uniqueBy(
      advices.flatMap(({ cited }) => cited),
      ({ entry, version }) => `${entry}@${version}`,
    ),
    ...proceduresOf(advices),
    tools: uniqueBy(
      advices.flatMap(({ tools }) => tools),
      ({ en, zh }) => `${en}\n${zh}`,
    ),
    similar: uniqueBy(
      advices.flatMap(({ similar }) => similar),
      ({ id }) => id,
    ).slice(0, SIMILAR_KEPT_MAX),
    lines: lines.slice(0, LINES_MAX),
    left: [...left.values()].filter(({ part }) => !taken.has(part)).slice(0, LEFT_KEPT_MAX),
  };
}

/** What the scenario alone says of each fault. */
export function joinParts(view: UnitView, faults: readonly FaultModeId[]): readonly PartCount[] {
  const lists = faults.map((faultMode) => ({ faultMode, lines: faultModeById(view.scenario, faultMode)?.parts ?? [] }));
  return joinLines(
    lists,
    () => false,
    (line, quantity) => ({ part: line.part, quantity }),
  ).slice(0, LINES_MAX);
}

type Asked<L> = { readonly faultMode: FaultModeId; readonly lines: readonly L[] };

/** By part: of faults that share a component the largest, summed over what shares none. Faults that share by way of another one share. */
function joinLines<L extends PartCount>(
  lists: readonly Asked<L>[],
  share: (a: FaultModeId, b: FaultModeId) => boolean,
  merge: (line: L, quantity: number, asked: readonly { readonly faultMode: FaultModeId; readonly line: L }[]) => L,
): readonly L[] {
  const groups: FaultModeId[][] = [];
  for (const { faultMode } of lists) {
    const near = groups.filter((group) => group.some((one) => share(one, faultMode)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), faultMode]);
  }
  const asked = lists.flatMap(({ faultMode, lines }) => lines.map((line) => ({ faultMode, line })));
  return [...Map.groupBy(asked, ({ line }) => line.part).values()].flatMap((of) => {
    const [most] = of.toSorted((a, b) => b.line.quantity - a.line.quantity);
    if (most === undefined) return [];
    const largest = groups.map((group) => Math.max(0, ...of.flatMap(({ faultMode, line }) => (group.includes(faultMode) ? [line.quantity] : []))));
    return [
      of.length === 1
        ? most.line
        : merge(
            most.line,
            largest.reduce((sum, n) => sum + n, 0),
            of,
          ),
    ];
  });
}

function mergeLine(line: AdvisedLine, quantity: number, asked: readonly { readonly faultMode: FaultModeId; readonly line: AdvisedLine }[]): AdvisedLine {
  const none = asked.reduce((chance, one) => chance * (1 - one.line.probability), 1);
  const added = quantity > Math.max(...asked.map((one) => one.line.quantity));
  return {
    ...line,
    quantity,
    probability: Math.min(1, 1 - none),
    gainMin: Math.max(...asked.map((one) => one.line.gainMin)),
    because: [...line.because, { code: added ? "added-up" : "larger-of", about: { quantity, faults: asked.map(({ faultMode }) => faultMode).join(", ") } }],
    cites: uniqueBy(
      asked.flatMap((one) => one.line.cites),
      ({ entry, version }) => `${entry}@${version}`,
    ),
    repairs: [...new Set(asked.flatMap((one) => one.line.repairs))],
  };
}

/** One after the other, each step under its procedure's name where there are several. */
function proceduresOf(advices: readonly Advice[]): Pick<Advice, "procedure"> {
  const all = uniqueBy(
    advices.flatMap(({ procedure }) => procedure ?? []),
    ({ title }) => `${title.en}\n${title.zh}`,
  );
  const [first] = all;
  if (first === undefined || all.length === 1) return first === undefined ? {} : { procedure: first };
  const titles = (language: "en" | "zh", and: string): string => all.map(({ title }) => title[language]).join(and);
  return {
    procedure: {
      title: { en: titles("en", "; "), zh: titles("zh", "；") },
      steps: all.flatMap(({ title, steps }) => steps.map(({ en, zh }) => ({ en: `${title.en}: ${en}`, zh: `${title.zh}：${zh}` }))),
    },
  };
}

function uniqueBy<T>(list: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map(list.toReversed().map((one) => [keyOf(one), one])).values()].toReversed();
}
