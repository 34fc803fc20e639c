/** Calling a job off, with a reason: it is kept with the ticket and told to the CRM. */
import { Button, Popover, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { useCommand } from "../command.ts";
import { useLacks } from "../lacks.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

/** As the unit has it. */
const WHY_MAX = 500;

export function CancelButton({ ticket }: { readonly ticket: string }) {
  const words = useWords(boardWords).cancel;
  const { api } = useUnit();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const lacks = useLacks(why.trim() === "" ? [{ name: "why", label: words.why, how: "fill" }] : []);
  const send = () =>
    lacks.none() &&
    void command
      .run("cancel", () => api.cancel(ticket, why.trim()))
      .then((taken) => {
        if (taken) setOpen(false);
      });
  return (
    <>
      <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" withArrow shadow="md">
        <Popover.Target>
          <Button onClick={() => setOpen(!open)}>{words.open}</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={words.open}>
          <Stack gap="xs" w={280}>
            <Textarea
              label={words.why}
              name="why"
              error={lacks.of("why")}
              description={words.whyFor}
              value={why}
              maxLength={WHY_MAX}
              rows={3}
              onChange={(event) => setWhy(event.target.value)}
            />
            <Button variant="filled" className="danger" loading={command.pending !== null} onClick={send}>
              {words.send}
            </Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
