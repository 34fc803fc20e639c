/** Refused telemetry: which field of which machine broke which rule, how to mend it, and the latest sample. */
import { Modal } from "@mantine/core";
import { countOf } from "../figures.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { useQuarantine, useUnit } from "./queries.ts";

export function Quarantine({ open, close }: { readonly open: boolean; readonly close: () => void }) {
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
          </li>
        ))}
      </ul>
    </Modal>
  );
}
