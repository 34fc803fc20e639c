/** A button that asks for the reason before it does something. */
import { Button, Popover, Stack, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useCommand } from "../../../edge/web/command.ts";
import { useWords } from "../../../edge/web/language.ts";
import { frameWords } from "../words/frame.ts";
import { Refused } from "./refused.tsx";

/** As the hub has it for most. */
const WHY_MAX = 500;

type Props = {
  readonly open: string;
  readonly send: string;
  readonly filled?: boolean;
  /** Characters that the hub takes. */
  readonly whyMax?: number;
  readonly children?: React.ReactNode;
  readonly run: (why: string) => Promise<unknown>;
};

export function WhyButton({ open, send, filled = false, whyMax = WHY_MAX, children, run }: Props) {
  const words = useWords(frameWords);
  const command = useCommand();
  const [shown, setShown] = useState(false);
  const [why, setWhy] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const submit = () =>
    void command
      .run("send", () => run(why.trim()))
      .then((taken) => {
        if (taken) setShown(false);
        // The button was disabled while it was sent and lost the focus: whoever works by keyboard goes on from the reason.
        else input.current?.focus();
      });
  return (
    <Popover opened={shown} onChange={setShown} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button variant={filled ? "filled" : "default"} onClick={() => setShown(!shown)}>
          {open}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={open}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Stack gap="xs" w={280}>
            {children}
            <TextInput
              ref={input}
              label={words.why}
              description={words.whyFor}
              value={why}
              maxLength={whyMax}
              onChange={(event) => setWhy(event.target.value)}
            />
            <Button type="submit" variant="filled" disabled={why.trim() === ""} loading={command.pending !== null}>
              {send}
            </Button>
            <Refused command={command} />
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
