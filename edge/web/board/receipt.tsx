/** That the unit is in step with its hub again, in one line; behind it the receipt of the last absence and of those before. */
import { Drawer } from "@mantine/core";
import { useState } from "react";
import type { HubLink } from "../../../contracts/board.ts";
import type { Receipt } from "../../../contracts/receipt.ts";
import { useNow } from "../clock.ts";
import { countOf, dayOf, spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { ReceiptView } from "../receipt-view.tsx";
import { boardWords } from "../words/board.ts";
import { useReceipts, useUnit } from "./queries.ts";

/** Nothing while the hub is away: what was before is no comfort then. */
export function InStep({ hub, zone }: { readonly hub: HubLink; readonly zone: string }) {
  const language = useLanguage();
  const words = useWords(boardWords).hub;
  const [open, setOpen] = useState(false);
  const now = useNow(10_000);
  const { state, receipt, verified } = hub;
  if (state !== "up") return null;
  if (receipt === undefined) {
    if (verified === undefined) return null;
    const ago = spanOf(now - verified.at, language);
    return <Line good={verified.equal}>{verified.equal ? words.equal(ago) : words.differ(ago)}</Line>;
  }
  const [sent, lost] = [countOf(receipt.operations), countOf(receipt.lost)];
  const good = receipt.equal && receipt.lost === 0;
  return (
    <>
      <button type="button" className="in-step" title={words.openReceipt} onClick={() => setOpen(true)}>
        <Line good={good}>{receipt.equal ? words.inStep(sent, lost) : words.notInStep(sent, lost)}</Line>
      </button>
      <ReceiptDrawer newest={receipt} zone={zone} open={open} close={() => setOpen(false)} />
    </>
  );
}

function Line({ good, children }: { readonly good: boolean; readonly children: string }) {
  return (
    <span className={good ? "about good" : "about bad"}>
      <span aria-hidden="true">{good ? "✓" : "✕"}</span> {children}
    </span>
  );
}

type DrawerProps = { readonly newest: Receipt; readonly zone: string; readonly open: boolean; readonly close: () => void };

function ReceiptDrawer({ newest, zone, open, close }: DrawerProps) {
  const words = useWords(boardWords);
  const { data: all = [newest] } = useReceipts(useUnit(), newest.awayAt, open);
  const [chosenAt, setChosenAt] = useState<number | null>(null);
  const shown = all.find(({ awayAt }) => awayAt === chosenAt) ?? newest;
  return (
    <Drawer opened={open} onClose={close} position="right" size={480} title={words.hub.receipt} closeButtonProps={{ "aria-label": words.close }}>
      <ReceiptView receipt={shown} conflicts={shown.conflicts} zone={zone} />
      {all.length < 2 ? null : (
        <nav className="earlier" aria-label={words.hub.earlier}>
          <h3>{words.hub.earlier}</h3>
          <ul>
            {all.map(({ awayAt, operations, lost, equal }) => (
              <li key={awayAt}>
                <button type="button" aria-current={awayAt === shown.awayAt} onClick={() => setChosenAt(awayAt)}>
                  <span className={equal && lost === 0 ? "good" : "bad"} aria-hidden="true">
                    {equal && lost === 0 ? "✓" : "✕"}
                  </span>
                  <time>
                    {dayOf(awayAt, zone)} {timeOf(awayAt, zone)}
                  </time>
                  <span className="muted">{words.hub.earlierOne(countOf(operations), countOf(lost))}</span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </Drawer>
  );
}
