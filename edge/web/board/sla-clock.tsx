/** A promise as a clock: how much of it is left, when it ends, or whether it was kept. */
import { useNow } from "../clock.ts";
import { clockOf, dayOf, spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";

/** From a hundred hours on nobody counts seconds: work that is planned weeks ahead is due on a day. */
const FAR_MS = 360_000_000;

type Props = { readonly label: string; readonly from: number; readonly by: number; readonly metAt: number | undefined; readonly zone: string };

export function SlaClock({ label, from, by, metAt, zone }: Props) {
  const words = useWords(boardWords).ticket;
  const now = useNow();
  const language = useLanguage();
  const left = by - (metAt ?? now);
  const isFar = Math.abs(left) >= FAR_MS;
  const used = Math.min(1, Math.max(0, ((metAt ?? now) - from) / Math.max(1, by - from)));
  const tone = left < 0 ? "breached" : metAt !== undefined ? "met" : used > 0.75 ? "soon" : "";
  return (
    <span className={`sla ${tone}`}>
      <span className="muted">{left < 0 ? words.breached : metAt === undefined ? label : `${label}: ${words.met}`}</span>
      <span>
        <strong>{isFar ? spanOf(Math.abs(left), language) : clockOf(Math.abs(left))}</strong>{" "}
        <span className="muted">{isFar ? dayOf(by, zone) : timeOf(by, zone).slice(0, 5)}</span>
      </span>
      <i aria-hidden="true">
        <b style={{ width: `${used * 100}%` }} />
      </i>
    </span>
  );
}
