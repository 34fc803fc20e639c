/** An absence of the hub on purpose: the unit shows that it works on, and afterwards what it took to be in step again. */
import { Button, Group, Popover, Stack } from "@mantine/core";
import { useState } from "react";
import { unitNow, useNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

const LENGTHS = [
  ["s10", 10_000],
  ["s30", 30_000],
  ["m1", 60_000],
] as const;

export function DrillButton() {
  const language = useLanguage();
  const words = useWords(boardWords).hub;
  const { api } = useUnit();
  const command = useCommand();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const [until, setUntil] = useState(0);
  const begin = (ms: number) =>
    void command
      .run("drill", () => api.drill(ms))
      .then((taken) => {
        if (!taken) return;
        setOpen(false);
        setUntil(unitNow() + ms);
      });
  const left = until - now;
  return (
    <>
      <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" withArrow shadow="md">
        <Popover.Target>
          <Button onClick={() => setOpen(!open)} disabled={left > 0}>
            {left > 0 ? words.drilling(spanOf(left, language)) : words.drill}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={words.drill}>
          <Stack gap="xs" w={260}>
            <p className="muted">{words.drillWhy}</p>
            <Group gap="xs" grow>
              {LENGTHS.map(([name, ms]) => (
                <Button key={name} variant="filled" loading={command.pending !== null} onClick={() => begin(ms)}>
                  {words.drillFor[name]}
                </Button>
              ))}
            </Group>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
