/** Moves that a better plan would make and that wait for a person: one tap lets one run, another leaves it with a reason. */
import { Button, Popover, Stack, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Board } from "../../../contracts/board.ts";
import type { ProposedMove, WhyNot } from "../../../contracts/plan.ts";
import { useCommand } from "../command.ts";
import { nearTimeOf, spanOf } from "../figures.ts";
import { useLacks } from "../lacks.ts";
import { useLanguage, useWords } from "../language.ts";
import { whyNotSentence } from "../reasons.ts";
import { planWords } from "../words/plan.ts";
import { usePlan, useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

/** As the unit has it. */
const WHY_MAX = 500;

type Props = {
  readonly moves: readonly ProposedMove[];
  readonly board: Pick<Board, "engineers" | "assets" | "tickets">;
  readonly zone: string;
};

export function Moves({ moves, board, zone }: Props) {
  const words = useWords(planWords);
  if (moves.length === 0) return null;
  return (
    <section className="waits moves" aria-label={words.moves}>
      <b className="step open">{words.moves}</b>
      <ul>
        {moves.map((move) => (
          <One key={`${move.ticket} ${move.to}`} move={move} board={board} zone={zone} />
        ))}
      </ul>
    </section>
  );
}

/** Those of one job, beside what else of it waits. */
export function TicketMoves({ ticket, board, zone }: { readonly ticket: string; readonly board: Board; readonly zone: string }) {
  const plan = usePlan(useUnit()).data;
  return <Moves moves={plan?.moves.filter((move) => move.ticket === ticket) ?? []} board={board} zone={zone} />;
}

function One({ move, board, zone }: { readonly move: ProposedMove } & Omit<Props, "moves">) {
  const language = useLanguage();
  const words = useWords(planWords);
  const { unit, api } = useUnit();
  const queries = useQueryClient();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const lacks = useLacks(why.trim() === "" ? [{ name: "why", label: words.declineWhy, how: "fill" }] : []);
  const [blocked, setBlocked] = useState<WhyNot | null>(null);
  const nameOf = (engineer: string) => board.engineers.find(({ id }) => id === engineer)?.name ?? engineer;
  const ticket = board.tickets.find(({ id }) => id === move.ticket);
  const job = board.assets.find(({ id }) => id === ticket?.asset)?.name ?? move.ticket;
  const clock = (at: number) => nearTimeOf(at, move.at, zone, language);
  const again = () => queries.invalidateQueries({ queryKey: [unit, "plan"] });
  const confirm = () =>
    void command
      .run("move", () => api.move(move.ticket, move.to))
      .then(async (taken) => {
        // What is in the way by now is said in the reader's own words.
        if (!taken) setBlocked(await api.whyNot(move.ticket, move.to).catch(() => null));
        else await again();
      });
  const decline = () =>
    lacks.none() &&
    void command
      .run("keep", () => api.keep(move.ticket, move.to, why.trim()))
      .then((taken) => {
        if (taken) setOpen(false);
        return again();
      });
  return (
    <li>
      <div>
        <strong>{words.move(job, nameOf(move.from), nameOf(move.to))}</strong>
        <span className="muted">
          {words.moveTimes(clock(move.is.arriveAt), clock(move.would.arriveAt))}{" "}
          {words.moveTravel(spanOf(move.is.travelMs, language), spanOf(move.would.travelMs, language))} {words.moveGain(spanOf(move.gainMs, language))}
        </span>
        {blocked === null || blocked.outcome === "would-be-chosen" ? null : (
          <span className="late" role="status">
            {nameOf(move.to)} {whyNotSentence(blocked.why, language, zone)}
          </span>
        )}
      </div>
      <Button variant="filled" loading={command.pending === "move"} onClick={confirm}>
        {words.confirm}
      </Button>
      <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" withArrow shadow="md">
        <Popover.Target>
          <Button onClick={() => setOpen(!open)}>{words.decline}</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={words.decline}>
          <Stack gap="xs" w={280}>
            <Textarea
              label={words.declineWhy}
              name="why"
              error={lacks.of("why")}
              value={why}
              maxLength={WHY_MAX}
              rows={2}
              onChange={(event) => setWhy(event.currentTarget.value)}
            />
            <Button variant="filled" loading={command.pending === "keep"} onClick={decline}>
              {words.declineSend}
            </Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Refused problem={command.problem} close={command.clear} />
    </li>
  );
}
