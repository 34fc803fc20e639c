/** Erasing is for ever: it asks twice, the second time for the id in the eraser's own hand. */
import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { uuidv7 } from "uuidv7";
import { useCommand } from "../../../edge/web/command.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import * as api from "../api.ts";
import { Refused } from "../parts/refused.tsx";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";

type Props = { readonly entity: string; readonly id: string; readonly tell: (text: string) => void };

export function EraseButton({ entity, id, tell }: Props) {
  const words = useWords(contractsWords).subjects;
  const frame = useWords(frameWords);
  const queries = useQueryClient();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  // One key for as long as the page shows it: pressed twice, it is one erasure.
  const [key] = useState(uuidv7);
  const erase = () =>
    void command
      .run("erase", () => api.erase(entity, id, key).then(({ unset }) => tell(words.erased(countOf(unset.length)))))
      .then((taken) => {
        if (!taken) return;
        setOpen(false);
        void queries.invalidateQueries({ queryKey: ["held", entity, id] });
      });
  return (
    <>
      <Button className="danger-quiet" onClick={() => setOpen(true)}>
        {words.erase}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={words.eraseTitle(id)} closeButtonProps={{ "aria-label": frame.close }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === id) erase();
          }}
        >
          <Stack>
            <p>{words.eraseWhat}</p>
            <TextInput label={words.eraseType(id)} value={typed} autoComplete="off" onChange={(event) => setTyped(event.currentTarget.value)} />
            <Refused command={command} />
            <div className="acts">
              <Button onClick={() => setOpen(false)}>{frame.cancel}</Button>
              <Button type="submit" variant="filled" className="danger" disabled={typed !== id} loading={command.pending !== null}>
                {words.eraseYes}
              </Button>
            </div>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
