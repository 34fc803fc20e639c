/** One button makes an independent copy of the unit, and says where it is. */
import { Button, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import type { Sandbox } from "../api.ts";
import { useCommand } from "../command.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

export function CloneButton() {
  const words = useWords(boardWords);
  const { api } = useUnit();
  const command = useCommand();
  const [made, setMade] = useState<Sandbox | null>(null);
  const clone = () => command.run("clone", () => api.sandbox().then(setMade));
  return (
    <>
      <Button loading={command.pending !== null} onClick={() => void clone()}>
        {words.sandbox.make}
      </Button>
      <Modal opened={made !== null} onClose={() => setMade(null)} title={words.sandbox.made} closeButtonProps={{ "aria-label": words.close }}>
        {made === null ? null : (
          <Stack>
            <p>{words.sandbox.madeWhy(made.unit)}</p>
            <Button component="a" href={made.path} target="_blank" rel="noreferrer" variant="filled">
              {words.sandbox.open}
            </Button>
          </Stack>
        )}
      </Modal>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
