/** Where each step of a ticket's chain stands: the spine from sign to repair, and the branches that run beside it. Pure. */
import type { ChainStep } from "../../../contracts/board.ts";

export type Step = ChainStep["step"];

/**
 * Wide: the spine runs to the right, branches below. Half as wide: the spine is folded in two, branches between. Narrow: it runs down,
 * branches at its right.
 */
const SPINE = ["vibration", "alarm", "ticket", "engineer", "accepted", "travelling", "working", "resolved"] as const satisfies readonly Step[];
/** Place along the spine of what hangs beside it. */
const BRANCH: Readonly<Partial<Record<Step, number>>> = { repairs: 2, kit: 3, wms: 4 };

export const LINKS: readonly (readonly [Step, Step])[] = [
  ["vibration", "alarm"],
  ["alarm", "ticket"],
  ["ticket", "repairs"],
  ["ticket", "engineer"],
  ["ticket", "kit"],
  ["kit", "wms"],
  ["engineer", "accepted"],
  ["accepted", "travelling"],
  ["travelling", "working"],
  ["working", "resolved"],
];

export type Layout = {
  readonly width: number;
  readonly height: number;
  readonly down: boolean;
  readonly places: ReadonlyMap<Step, { readonly x: number; readonly y: number }>;
  readonly node: { readonly width: number; readonly height: number };
};

const NODE_HEIGHT = 62;
const GAP = 14;
/** Below this a node would no longer hold its instant. */
const NODE_WIDTH_MIN = 112;

export function layOut(width: number): Layout {
  const column = (width + GAP) / SPINE.length;
  if (column - GAP < NODE_WIDTH_MIN) return (width + GAP) / FOLDED < NODE_WIDTH_MIN + GAP ? downwards(width) : folded(width);
  const node = { width: Math.floor(column - GAP), height: NODE_HEIGHT };
  return {
    width,
    height: 2 * NODE_HEIGHT + GAP + 4,
    down: false,
    node,
    places: placed((along, beside) => ({ x: Math.round(along * column), y: beside * (NODE_HEIGHT + GAP) })),
  };
}

/** Four to a row. What hangs beside the ticket moves one to the left, so that it stays within the fold. */
const FOLDED = SPINE.length / 2;

function folded(width: number): Layout {
  const column = (width + GAP) / FOLDED;
  const row = NODE_HEIGHT + GAP;
  const node = { width: Math.floor(column - GAP), height: NODE_HEIGHT };
  const at = (along: number, beside: 0 | 1) =>
    beside === 1 ? { x: Math.round((along - 1) * column), y: row } : { x: Math.round((along % FOLDED) * column), y: along < FOLDED ? 0 : 2 * row };
  return { width, height: 3 * row, down: false, node, places: placed(at) };
}

function downwards(width: number): Layout {
  const column = (width + GAP) / 2;
  const node = { width: Math.floor(column - GAP), height: NODE_HEIGHT };
  return {
    width,
    height: SPINE.length * (NODE_HEIGHT + GAP),
    down: true,
    node,
    places: placed((along, beside) => ({ x: Math.round(beside * column), y: along * (NODE_HEIGHT + GAP) })),
  };
}

function placed(at: (along: number, beside: 0 | 1) => { readonly x: number; readonly y: number }): Layout["places"] {
  const spine = SPINE.map((step, along) => [step, at(along, 0)] as const);
  const branches = Object.entries(BRANCH).map(([step, along]) => [step as Step, at(along, 1)] as const);
  return new Map<Step, { readonly x: number; readonly y: number }>([...spine, ...branches]);
}
