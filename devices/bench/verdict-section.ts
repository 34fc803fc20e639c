/** A section of `bench verdict`: what was asked beside what was measured, then the table; or why it was skipped or failed. */
import type { Machine } from "./machine.ts";

/** `holds`: whether what was measured is what was asked. */
export type Asked = { readonly what: string; readonly asked: string; readonly measured: string; readonly holds: boolean };
export type Section = { readonly section: string; readonly title: string } & (
  | { readonly asked: readonly Asked[]; readonly table: string; readonly figures: object }
  | { readonly skipped: string }
  | { readonly failed: string }
);
export type SectionOptions = {
  /** A folder with `skab` and `pronostia` below it. */
  readonly data: string;
  readonly tell: (line: string) => void;
};
export type SectionMaker = (options: SectionOptions) => Promise<Section>;
export type VerdictMeasured = { readonly bench: "verdict"; readonly sections: readonly Section[]; readonly machine: Machine };

/** `digits` after the point; `more`: what else is to be known of the figure. */
export function atLeast(what: string, bound: number, value: number, digits: number, more = ""): Asked {
  return { what, asked: `≥ ${bound}`, measured: measuredAs(value, digits, more), holds: value >= bound };
}

export function atMost(what: string, bound: number, value: number, digits: number, more = ""): Asked {
  return { what, asked: `≤ ${bound}`, measured: measuredAs(value, digits, more), holds: value <= bound };
}

function measuredAs(value: number, digits: number, more: string): string {
  return `${value.toFixed(digits)}${more === "" ? "" : ` ${more}`}`;
}

export function textOfSection(section: Section): string {
  const head = `── ${section.section}: ${section.title}`;
  if ("failed" in section) return `${head}\n  failed: ${section.failed}\n`;
  if ("skipped" in section) return `${head}\n  skipped: ${section.skipped}\n`;
  const widths = [Math.max(...section.asked.map(({ what }) => what.length)), Math.max(...section.asked.map(({ asked }) => asked.length))];
  const asked = section.asked.map(
    ({ what, asked: bound, measured, holds }) =>
      `  ${what.padEnd(widths[0] ?? 0)}  ${bound.padEnd(widths[1] ?? 0)}  ${measured}${holds ? "" : "  ← not reached"}`,
  );
  const table = section.table.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
  return [head, ...(asked.length === 0 ? [] : ["  asked and measured", ...asked, ""]), ...table, ""].join("\n");
}

/** Rows under heads; numbers to the right, the first column to the left. */
export function tableOfRows(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [...(heads.some((head) => head !== "") ? [heads] : []), ...rows.map((row) => row.map(String))];
  const widths = heads.map((_, c) => Math.max(...lines.map((line) => (line[c] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
