/** What the desk does with a ticket and its alarm besides dispatch: pause, give to somebody else, its team, what it is part of, close, reopen, shelve, suppress. */
import { Button, Checkbox, NativeSelect, Popover, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { CREW_MAX, PauseReason } from "../../../contracts/visit.ts";
import { unitNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { timeOf } from "../figures.ts";
import { useLacks } from "../lacks.ts";
import { useLanguage, useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import { isActive, toldOf } from "./picture.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

const WHY_MAX = 500;
const NOTE_MAX = 200;
const HOURS = ["1", "4", "8", "24"] as const;
const HOUR_MS = 3_600_000;

type Action = "pause" | "resume" | "giveBack" | "size" | "sendAway" | "partOf" | "close" | "reopen" | "shelve" | "unshelve" | "suppress";

/** What fits the ticket's state and its alarm's. */
export function actionsOf(ticket: Ticket, alarm: Alarm | undefined): readonly Action[] {
  const held = ticket.state === "assigned" || ticket.state === "travelling" || ticket.state === "working";
  const stands = alarm !== undefined && alarm.clearedAt === undefined;
  return [
    ...(held ? (["pause", "giveBack"] as const) : []),
    ...(ticket.state === "paused" ? (["resume", "giveBack"] as const) : []),
    ...(isActive(ticket) && ticket.state !== "working" ? (["size"] as const) : []),
    ...((ticket.helpers ?? []).length > 0 && (held || ticket.state === "paused") ? (["sendAway"] as const) : []),
    ...(isActive(ticket) || ticket.state === "resolved" ? (["partOf"] as const) : []),
    ...(ticket.state === "resolved" ? (["close", "reopen"] as const) : []),
    ...(ticket.state === "closed" || ticket.state === "cancelled" ? (["reopen"] as const) : []),
    ...(stands ? [alarm.shelved === undefined ? ("shelve" as const) : ("unshelve" as const)] : []),
    "suppress",
  ];
}

type Props = {
  readonly ticket: Ticket;
  readonly alarm: Alarm | undefined;
  readonly scenario: Scenario;
  /** Jobs that it may become a part of. */
  readonly others: readonly Ticket[];
  readonly jobName: (ticket: Ticket) => string;
  readonly nameOf: (engineer: string) => string;
};

export function LifeButtons({ ticket, alarm, scenario, others, jobName, nameOf }: Props) {
  const words = useWords(lifeWords);
  const { api } = useUnit();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [action, setAction] = useState<Action | null>(null);
  const [why, setWhy] = useState("");
  const [reason, setReason] = useState<PauseReason>("parts");
  const [hours, setHours] = useState<string>("1");
  const [weekly, setWeekly] = useState(false);
  const helpers = (ticket.helpers ?? []).map(({ engineer }) => engineer);
  const [size, setSize] = useState(String(ticket.crew ?? 1));
  const [away, setAway] = useState("");
  const [parent, setParent] = useState<string>(ticket.parent ?? "");
  const show = (to: boolean) => {
    setOpen(to);
    setAction(null);
    setWhy("");
  };
  const run = (name: Action): Promise<unknown> => {
    const until = unitNow() + Number(hours) * HOUR_MS;
    const said = why.trim();
    switch (name) {
      case "pause":
        return api.pause(ticket.id, reason, said);
      case "resume":
        return api.resume(ticket.id);
      case "giveBack":
        return api.giveBack(ticket.id, said);
      case "size":
        return api.crew(ticket.id, Number(size));
      case "sendAway":
        return api.sendAway(ticket.id, helpers.find((one) => one === away) ?? helpers[0] ?? "");
      case "partOf":
        return api.partOf(ticket.id, parent === "" ? null : parent);
      case "close":
        return api.close(ticket.id);
      case "reopen":
        return api.reopen(ticket.id, said);
      case "shelve":
        return api.shelve(alarm?.id ?? "", until, said);
      case "unshelve":
        return api.unshelve(alarm?.id ?? "");
      case "suppress":
        return api.suppress({ asset: ticket.asset, from: unitNow(), to: until, recurs: weekly ? "weekly" : "none", why: said });
    }
  };
  const isAtOnce = (name: Action) => name === "resume" || name === "close" || name === "unshelve";
  const needsWhy = action !== null && !["pause", "size", "sendAway", "partOf"].includes(action);
  const lacks = useLacks(needsWhy && why.trim() === "" ? [{ name: "why", label: words.why, how: "fill" }] : []);
  const send = (name: Action) => void command.run(name, () => run(name)).then((taken) => taken && show(false));
  return (
    <>
      <Popover opened={open} onChange={show} trapFocus position="bottom-end" withArrow shadow="md">
        <Popover.Target>
          <Button onClick={() => show(!open)}>{words.more}</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={words.more}>
          <Stack gap="xs" w={280}>
            {action === null ? (
              actionsOf(ticket, alarm).map((name) => (
                <Button key={name} loading={command.pending === name} onClick={() => (isAtOnce(name) ? send(name) : setAction(name))}>
                  {words[name]}
                </Button>
              ))
            ) : (
              <>
                <strong>{words[action]}</strong>
                {action === "pause" ? (
                  <NativeSelect
                    label={words.pauseWhy}
                    value={reason}
                    data={PauseReason.options.map((value) => ({ value, label: words.pauses[value] }))}
                    onChange={(event) => setReason(PauseReason.catch("parts").parse(event.currentTarget.value))}
                  />
                ) : null}
                {action === "shelve" || action === "suppress" ? (
                  <NativeSelect
                    label={words.shelveFor}
                    value={hours}
                    data={HOURS.map((value) => ({ value, label: words.hours(value) }))}
                    onChange={(event) => setHours(event.currentTarget.value)}
                  />
                ) : null}
                {action === "suppress" ? <p className="muted">{words.suppressWhy}</p> : null}
                {action === "suppress" ? <Checkbox label={words.weekly} checked={weekly} onChange={(event) => setWeekly(event.currentTarget.checked)} /> : null}
                {action === "size" ? (
                  <NativeSelect
                    label={words.new.crew}
                    description={words.sizeWhy}
                    value={size}
                    data={Array.from({ length: CREW_MAX }, (_, i) => String(i + 1))}
                    onChange={(event) => setSize(event.currentTarget.value)}
                  />
                ) : null}
                {action === "sendAway" ? (
                  <NativeSelect
                    label={words.sendAwayWho}
                    value={away}
                    data={helpers.map((engineer) => ({ value: engineer, label: nameOf(engineer) }))}
                    onChange={(event) => setAway(event.currentTarget.value)}
                  />
                ) : null}
                {action === "partOf" ? (
                  <NativeSelect
                    label={words.partOfWhat}
                    description={words.partOfWhy}
                    value={parent}
                    data={[{ value: "", label: words.partOfNone }, ...others.map((other) => ({ value: other.id, label: jobName(other) }))]}
                    onChange={(event) => setParent(event.currentTarget.value)}
                  />
                ) : null}
                {needsWhy || action === "pause" ? (
                  <Textarea
                    label={action === "pause" ? words.pauseNote : words.why}
                    name="why"
                    error={lacks.of("why")}
                    description={action === "pause" ? undefined : words.whyFor}
                    value={why}
                    maxLength={action === "pause" ? NOTE_MAX : WHY_MAX}
                    rows={2}
                    onChange={(event) => setWhy(event.currentTarget.value)}
                  />
                ) : null}
                <Button variant="filled" loading={command.pending !== null} onClick={() => lacks.none() && send(action)}>
                  {words.send}
                </Button>
              </>
            )}
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Quiet ticket={ticket} alarm={alarm} scenario={scenario} />
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

/** Why nothing moves, where that is so on purpose. */
function Quiet({ ticket, alarm, scenario }: Pick<Props, "ticket" | "alarm" | "scenario">) {
  const language = useLanguage();
  const words = useWords(lifeWords);
  const level = ticket.escalation?.level ?? alarm?.escalation?.level;
  const when = ticket.escalation === undefined ? "unacknowledged" : "unaccepted";
  const told = toldOf(scenario, when, ticket.priority, level);
  const time = (at: number) => timeOf(at, scenario.timeZone).slice(0, 5);
  const said = [
    ...(told === undefined ? [] : [words.escalated(told[language])]),
    ...(ticket.state === "paused" ? [words.pausedFor(words.pauses[ticket.pause.reason])] : []),
    ...(alarm?.shelved === undefined || alarm.clearedAt !== undefined ? [] : [words.shelvedUntil(time(alarm.shelved.until))]),
    ...(alarm?.suppressed === undefined || alarm.clearedAt !== undefined ? [] : [words.suppressedUntil(time(alarm.suppressed.until))]),
  ];
  return said.length === 0 ? null : <span className="muted said">{said.join(" · ")}</span>;
}
