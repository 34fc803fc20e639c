/** What each unit told of its last absences. */
import { useWords } from "../../edge/web/language.ts";
import { ReceiptView } from "../../edge/web/receipt-view.tsx";
import { Answered, Head } from "./parts/section.tsx";
import { useReceipts } from "./queries.ts";
import { logWords } from "./words/log.ts";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Receipts() {
  const words = useWords(logWords).receipts;
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <Answered asked={useReceipts()}>
        {({ receipts }) =>
          receipts.length === 0 ? (
            <p className="none">{words.none}</p>
          ) : (
            <ul className="cards two">
              {receipts.map(({ unit, ...receipt }) => (
                <li key={`${unit} ${receipt.awayAt}`} className="card">
                  <h2>{unit}</h2>
                  <ReceiptView receipt={receipt} zone={ZONE} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </>
  );
}
