/** One curve on a canvas, as wide as its place; drawn anew only when its look changes, otherwise fed. */
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { curveOptions, type Curve as Look, type Mark } from "./plot.ts";
import { readColours } from "./scheme.ts";

type Props = {
  readonly look: Look;
  readonly dark: boolean;
  readonly at: number[];
  readonly values: (number | null)[];
  readonly marks: readonly Mark[];
  readonly window: readonly [number, number];
};

export function Curve({ look, dark, at, values, marks, window }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef({ marks, window, at, values });
  shown.current = { marks, window, at, values };
  const key = JSON.stringify(look);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(
      curveOptions(
        look,
        readColours(),
        element.clientWidth,
        () => shown.current.marks,
        () => shown.current.window,
      ),
      [shown.current.at, shown.current.values],
      element,
    );
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: look.height }));
    size.observe(element);
    return () => {
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
    // `key` stands for `look`, which is made anew each time.
  }, [key, dark]);

  useEffect(() => plot.current?.setData([at, values]), [at, values, marks, window]);

  return <div className="curve" ref={place} style={{ height: look.height }} aria-hidden="true" />;
}
