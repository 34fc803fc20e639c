/** Drafts of a contract: what each still lacks, and the two ways out of being a draft. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNow } from "../../../edge/web/clock.ts";
import { useCommand } from "../../../edge/web/command.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Subject } from "../answers.ts";
import * as api from "../api.ts";
import { Refused } from "../parts/refused.tsx";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";
import { Changes, Problems } from "./changes.tsx";

type Draft = Subject["drafts"][number];

export function Drafts({ subject: { subject: name, drafts } }: { readonly subject: Subject }) {
  const words = useWords(contractsWords).contracts;
  if (drafts.length === 0) return null;
  return (
    <section className="panel part">
      <h2>{words.drafts}</h2>
      <ul className="versions">
        {drafts.map((draft) => (
          <One key={draft.draft} name={name} draft={draft} />
        ))}
      </ul>
    </section>
  );
}

function One({ name, draft: { draft, made } }: { readonly name: string; readonly draft: Draft }) {
  const words = useWords(contractsWords).contracts;
  const frame = useWords(frameWords);
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const command = useCommand();
  const now = useNow(60_000);
  const asked = useQuery({ queryKey: ["draft", name, draft], queryFn: () => api.draft(name, draft) });
  const again = () => Promise.all(["subject", "subjects", "quarantine"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  return (
    <li>
      <p>
        {made.why}{" "}
        <span className="muted">
          {frame.by(made.by)}, {instantOf(made.at, now)}
        </span>
      </p>
      <Answered asked={asked}>
        {({ judged: { ready, problems, changes } }) => (
          <>
            <p>
              <span className={ready ? "chip ok" : "chip behind"}>{ready ? words.draftReady : words.draftLacks(String(problems.length))}</span>
            </p>
            <Problems problems={problems} />
            <Changes changes={changes} />
            {mayChange ? (
              <div className="acts">
                {ready ? (
                  <WhyButton open={`${words.publishDraft}…`} send={words.publishDraft} filled run={(why) => api.publishDraft(name, draft, why).then(again)} />
                ) : null}
                <Button loading={command.pending === "drop"} onClick={() => void command.run("drop", () => api.dropDraft(name, draft).then(again))}>
                  {words.dropDraft}
                </Button>
              </div>
            ) : null}
            <Refused command={command} />
          </>
        )}
      </Answered>
    </li>
  );
}
