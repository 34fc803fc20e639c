/** How the next version is judged, since when, and who said so. */
import { NativeSelect } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import { MODES, Mode, type Subject } from "../answers.ts";
import * as api from "../api.ts";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";

export function ModePart({ subject }: { readonly subject: Subject }) {
  const words = useWords(contractsWords).contracts;
  const frame = useWords(frameWords);
  const queries = useQueryClient();
  const mayChange = useMayChange();
  const now = useNow(60_000);
  const { subject: name, mode, modes } = subject;
  const [chosen, setChosen] = useState<Mode>(mode);
  const change = (why: string) => api.changeMode(name, chosen, why).then(() => queries.invalidateQueries({ queryKey: ["subject", name] }));
  return (
    <section className="panel part">
      <div className="card-row">
        <h2>{words.mode}</h2>
        {mayChange ? (
          <WhyButton open={words.changeMode} send={words.changeModeSend} run={change}>
            <NativeSelect label={words.mode} value={chosen} data={[...MODES]} onChange={(event) => setChosen(Mode.parse(event.currentTarget.value))} />
            <p className="muted">{words.modeWhat[chosen]}</p>
          </WhyButton>
        ) : null}
      </div>
      <p>
        <code>{mode}</code> <span className="muted">{words.modeWhat[mode]}</span>
      </p>
      {modes.length === 0 ? null : (
        <ul className="muted">
          {modes.toReversed().map(({ mode: was, by, at, why }) => (
            <li key={at}>
              <code>{was}</code> {why}, {frame.by(by)}, {instantOf(at, now)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
