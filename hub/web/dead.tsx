/** Dead letters: what could not be applied and why; tried again when the cause is mended, or let go. */
import { Button, Popover, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNow } from "../../edge/web/clock.ts";
import { useCommand } from "../../edge/web/command.ts";
import { countOf, spanOf } from "../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../edge/web/language.ts";
import type { Letter } from "./api.ts";
import * as api from "./api.ts";
import { Refused } from "./parts/refused.tsx";
import { Answered, Head } from "./parts/section.tsx";
import { useDead } from "./queries.ts";
import { frameWords } from "./words/frame.ts";
import { logWords } from "./words/log.ts";
import { explainReason } from "./words/reasons.ts";

export function Dead() {
  const words = useWords(logWords).dead;
  const asked = useDead(true);
  const [told, setTold] = useState("");
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <p className="told" role="status">
        {told}
      </p>
      <Answered asked={asked}>
        {({ dead }) =>
          dead.length === 0 ? (
            <p className="none">{words.none}</p>
          ) : (
            <ul className="cards">
              {dead.map((letter) => (
                <One key={`${letter.stream} ${letter.hubSeq}`} letter={letter} tell={setTold} />
              ))}
            </ul>
          )
        }
      </Answered>
    </>
  );
}

function One({ letter, tell }: { readonly letter: Letter; readonly tell: (text: string) => void }) {
  const language = useLanguage();
  const words = useWords(logWords).dead;
  const frame = useWords(frameWords);
  const queries = useQueryClient();
  const command = useCommand();
  const [sure, setSure] = useState(false);
  const now = useNow();
  const said = explainReason(letter.reason, language);
  const { stream, origin, seq, entity, id, reason, blocks, at, operation } = letter;
  const again = () => void queries.invalidateQueries({ queryKey: ["dead"] });
  const redeliver = () =>
    void command
      .run("redeliver", () => api.redeliver(letter).then(({ redelivered, left }) => tell(words.redelivered(countOf(redelivered), countOf(left)))))
      .then(again);
  const discard = () => void command.run("discard", () => api.discard(letter)).then(again);
  return (
    <li className="card letter">
      <div className="card-row">
        <p>
          <b>{entity}</b> <code>{id}</code>
        </p>
        <span className="muted">
          {words.age} {frame.ago(spanOf(now - at, language))}
        </span>
      </div>
      <p>
        <span className="chip broken">{words.reason}</span> {said === null ? null : `${said.what} `}
        <code lang="en">{reason}</code> {said === null ? null : <span className="muted">{said.mend}</span>}
      </p>
      <p className="muted">
        {frame.streams[stream]} · {origin} · {seq}
        {blocks ? ` · ${words.blocks}` : ""}
      </p>
      <details>
        <summary>{words.operation}</summary>
        {operation === null ? <p className="muted">{words.erased}</p> : <pre>{JSON.stringify(operation, null, 2)}</pre>}
      </details>
      <div className="acts">
        <Button variant="filled" loading={command.pending === "redeliver"} onClick={redeliver}>
          {words.redeliver}
        </Button>
        <Popover opened={sure} onChange={setSure} trapFocus withArrow shadow="md" position="bottom-start">
          <Popover.Target>
            <Button loading={command.pending === "discard"} onClick={() => setSure(!sure)}>
              {words.discard}
            </Button>
          </Popover.Target>
          <Popover.Dropdown aria-label={words.discard}>
            <Stack gap="xs" w={260}>
              <p>{words.discardSure}</p>
              <Button
                variant="filled"
                className="danger"
                onClick={() => {
                  setSure(false);
                  discard();
                }}
              >
                {words.discardYes}
              </Button>
              <Button onClick={() => setSure(false)}>{frame.cancel}</Button>
            </Stack>
          </Popover.Dropdown>
        </Popover>
      </div>
      <Refused command={command} />
    </li>
  );
}
