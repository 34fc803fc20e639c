/** Refused telemetry: which field of which machine broke which rule, how to mend it, and the latest sample. Where a mapping is proposed, a person says yes. */
import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ProposedMapping } from "../../../contracts/mapping.ts";
import { useCommand } from "../command.ts";
import { countOf } from "../figures.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { useQuarantine, useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

type Props = { readonly open: boolean; readonly close: () => void; readonly operations: boolean };

export function Quarantine({ open, close, operations }: Props) {
  const words = useWords(boardWords);
  const shared = useWords(sharedWords);
  const { data } = useQuarantine(useUnit(), open);
  return (
    <Modal opened={open} onClose={close} title={words.quarantine.title} size="xl" closeButtonProps={{ "aria-label": words.close }}>
      <p className="muted">{words.quarantine.why}</p>
      {data === undefined ? <p>{shared.loading}</p> : data.length === 0 ? <p>{words.quarantine.none}</p> : null}
      <ul className="quarantine">
        {data?.map((one) => (
          <li key={`${one.device} ${one.rule} ${one.field}`}>
            <p>
              <strong>{one.device}</strong> {one.field === "" ? null : <code>{one.field}</code>} <span className="times">× {countOf(one.count)}</span>
            </p>
            <dl>
              <dt>{words.quarantine.rule}</dt>
              <dd lang="en">{one.rule}</dd>
              <dt>{words.quarantine.mend}</dt>
              <dd lang="en">{one.mend}</dd>
              <dt>{words.quarantine.sample}</dt>
              <dd>
                <code>{one.sample}</code>
              </dd>
            </dl>
            {one.proposal === undefined ? null : <Proposal device={one.device} proposal={one.proposal} operations={operations} />}
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function Proposal({
  device,
  proposal: { route, fields },
  operations,
}: {
  readonly device: string;
  readonly proposal: ProposedMapping;
  readonly operations: boolean;
}) {
  const words = useWords(boardWords).quarantine;
  const { api, unit } = useUnit();
  const queries = useQueryClient();
  const command = useCommand();
  const [accepted, setAccepted] = useState(false);
  const accept = () =>
    void command
      .run("accept", () => api.acceptMapping(device, route))
      .then((taken) => {
        setAccepted(taken);
        return queries.invalidateQueries({ queryKey: [unit, "quarantine"] });
      });
  return (
    <section className="proposal" aria-label={`${words.proposed}: ${device}`}>
      <h3>{words.proposed}</h3>
      <p className="muted">{words.proposedWhy}</p>
      <dl>
        <dt>{words.topics}</dt>
        <dd>
          <code>{route.topics.join(", ")}</code>
        </dd>
        <dt>{words.instants}</dt>
        <dd>{route.ts === undefined ? words.arrival : words.instantsAt([route.ts.at].flat().join(", "), route.ts.form)}</dd>
      </dl>
      <ul>
        {fields.map(({ at, value, channel, by }) => (
          <li key={at}>
            <code>{at}</code> <span className="muted">{value}</span>
            <span>
              {channel === undefined ? (
                <span className="muted">{words.unread}</span>
              ) : (
                <>
                  → <strong>{channel}</strong> <span className="muted">{by === "uom" ? words.byUom : words.byName}</span>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {accepted ? (
        <p role="status">{words.accepted}</p>
      ) : operations && route.values.length > 0 ? (
        <Button loading={command.pending !== null} onClick={accept}>
          {words.accept}
        </Button>
      ) : null}
      <Refused problem={command.problem} close={command.clear} />
    </section>
  );
}
