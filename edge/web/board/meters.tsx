/** The gap meter: what became of what each machine sent, those with something wrong first, with the reasons. */
import { Modal } from "@mantine/core";
import type { DeviceMeter } from "../../../contracts/board.ts";
import type { Device } from "../../../contracts/device.ts";
import { countOf } from "../figures.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { useMeters, useUnit } from "./queries.ts";

/** More than these nobody reads; whoever is wrong stands first. */
const SHOWN_MAX = 100;
/** Runs of missing numbers in a line. */
const HOLES_SHOWN_MAX = 5;

type Props = { readonly open: boolean; readonly close: () => void; readonly devices: readonly Device[] };

export function Meters({ open, close, devices }: Props) {
  const words = useWords(boardWords);
  const shared = useWords(sharedWords);
  const { data } = useMeters(useUnit(), open);
  const nameOf = new Map(devices.map(({ id, name }) => [id as string, name]));
  const meters = data?.toSorted((a, b) => wrongIn(b) - wrongIn(a)) ?? [];
  return (
    <Modal opened={open} onClose={close} title={words.meter.title} size="xl" closeButtonProps={{ "aria-label": words.close }}>
      <p className="muted">{words.meter.why}</p>
      {data === undefined ? <p>{shared.loading}</p> : meters.length === 0 ? <p>{words.meter.none}</p> : null}
      <ul className="meters">
        {meters.slice(0, SHOWN_MAX).map((meter) => (
          <Meter key={meter.device} meter={meter} name={nameOf.get(meter.device) ?? meter.device} />
        ))}
      </ul>
      {meters.length > SHOWN_MAX ? <p className="muted">{words.meter.more(countOf(meters.length - SHOWN_MAX))}</p> : null}
    </Modal>
  );
}

function Meter({ meter, name }: { readonly meter: DeviceMeter; readonly name: string }) {
  const words = useWords(boardWords).meter;
  const { gaps, reasons } = meter;
  return (
    <li>
      <p>
        <strong>{name}</strong> <span className="muted">{meter.device}</span>
      </p>
      <dl className="figures">
        <Figure name={words.received} value={countOf(meter.received)} />
        <Figure name={words.absorbed} value={countOf(meter.duplicates + meter.reordered)} />
        <Figure name={words.gaps} value={gaps === undefined ? words.unnumbered : countOf(gaps.missing)} wrong={(gaps?.missing ?? 0) > 0} />
        <Figure name={words.late} value={countOf(meter.late)} wrong={meter.late > 0} />
        <Figure name={words.refused} value={countOf(meter.refused)} wrong={meter.refused > 0} />
      </dl>
      {gaps === undefined || gaps.holes.length === 0 ? null : <p className="muted">{words.missing(holesOf(gaps.holes))}</p>}
      {gaps === undefined || gaps.restarts === 0 ? null : <p className="muted">{words.restarts(countOf(gaps.restarts))}</p>}
      {reasons.length === 0 ? null : (
        <details>
          <summary>{words.reasons}</summary>
          <ul>
            {reasons.map(({ rule, field, mend, count }) => (
              <li key={`${rule} ${field}`} lang="en">
                <p>
                  {field === "" ? null : <code>{field}</code>} {rule} <span className="times">× {countOf(count)}</span>
                </p>
                <p className="muted">{mend}</p>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function Figure({ name, value, wrong = false }: { readonly name: string; readonly value: string; readonly wrong?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={wrong ? "times" : undefined}>{value}</dd>
    </div>
  );
}

function wrongIn({ gaps, late, refused }: DeviceMeter): number {
  return (gaps?.missing ?? 0) + late + refused;
}

/** The latest runs first: `7–9, 3`. */
function holesOf(holes: readonly (readonly [number, number])[]): string {
  const shown = holes
    .toReversed()
    .slice(0, HOLES_SHOWN_MAX)
    .map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  return holes.length > HOLES_SHOWN_MAX ? `${shown.join(", ")}, …` : shown.join(", ");
}
