/** A promise as a clock: how much of it is left, when it ends, or whether it was kept. */
import { useNow } from "../clock.ts";
import { clockOf, timeOf } from "../figures.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";

type Props = { readonly label: string; readonly from: number; readonly by: number; readonly metAt: number | undefined; readonly zone: string };

export function SlaClock({ label, from, by, metAt, zone }: Props) {
  const words = useWords(boardWords).ticket;
  const now = useNow();
  const left = by - (metAt ?? now);
  const used = Math.min(1, Math.max(0, ((metAt ?? now) - from) / Math.max(1, by - from)));
  const tone = left < 0 ? "breached" : metAt !== undefined ? "met" : used > 0.75 ? "soon" : "";
  return (
    <span className={`sla ${tone}`}>
      <span className="muted">{left < 0 ? words.breached : metAt === undefined ? label : `${label}: ${words.met}`}</span>
      <span>
        <strong>{clockOf(Math.abs(left))}</strong> <span className="muted">{timeOf(by, zone).slice(0, 5)}</span>
      </span>
      <i aria-hidden="true">
        <b style={{ width: `${used * 100}%` }} />
      </i>
    </span>
  );
}
