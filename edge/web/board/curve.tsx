/** One curve on a canvas, as wide as its place; drawn anew only when its look changes, otherwise fed. */
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { curveOptions, type Look, type Mark } from "./plot.ts";
import type { Colours } from "./scheme.ts";

type Fed = { readonly at: number[]; readonly values: (number | null)[]; readonly marks: readonly Mark[]; readonly window: readonly [number, number] };

/** `look` and `colours` are the same objects until they change. */
export function Curve({ look, colours, at, values, marks, window }: Fed & { readonly look: Look; readonly colours: Colours }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const fed = useRef<Fed>({ at, values, marks, window });

  useEffect(() => {
    fed.current = { at, values, marks, window };
    plot.current?.setData([at, values]);
  }, [at, values, marks, window]);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const options = curveOptions(
      look,
      colours,
      element.clientWidth,
      () => fed.current.marks,
      () => fed.current.window,
    );
    const made = new uPlot(options, [fed.current.at, fed.current.values], element);
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: look.height }));
    size.observe(element);
    return () => {
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [look, colours]);

  return <div className="curve" ref={place} style={{ height: look.height }} aria-hidden="true" />;
}
