/** The ticket as a chain, an instant on each step; a step opens the decision behind it. */
import "@xyflow/react/dist/base.css";
import { Handle, Position, ReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { Chain, ChainStep } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { lapseOf, preciseTimeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords, type BoardWords } from "../words/board.ts";
import { LINKS, layOut, type Layout } from "./chain-layout.ts";

type Props = { readonly chain: Chain; readonly scenario: Scenario; readonly nameOf: (engineer: string) => string; readonly open: (decision: string) => void };

/** `after`: since the first sign. */
type Shown = {
  readonly step: ChainStep;
  readonly title: string;
  readonly about: string;
  readonly time: string;
  readonly after: string;
  readonly down: boolean;
  readonly width: number;
  readonly height: number;
};
type StepNode = Node<Shown, "step">;

const Opening = createContext<(decision: string) => void>(() => undefined);
const KINDS = { step: StepBox };

export function ChainView({ chain, scenario, nameOf, open }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const place = useRef<HTMLDivElement>(null);
  const [layout, setLayout] = useState<Layout | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const size = new ResizeObserver(() => setLayout(layOut(element.clientWidth)));
    size.observe(element);
    return () => size.disconnect();
  }, []);

  const nodes = useMemo<StepNode[]>(() => {
    if (layout === null) return [];
    const first = chain.steps[0]?.at;
    const { width, height } = layout.node;
    return chain.steps.map((step) => ({
      id: step.step,
      type: "step",
      position: layout.places.get(step.step) ?? { x: 0, y: 0 },
      width,
      height,
      focusable: false,
      data: {
        step,
        title: words.chain.steps[step.step],
        about: aboutOf(step, chain, scenario, words, nameOf, language),
        time: step.at === undefined ? words.chain.pending : preciseTimeOf(step.at, scenario.timeZone),
        after: step.at === undefined || first === undefined || step.at <= first ? "" : lapseOf(step.at - first),
        down: layout.down,
        width,
        height,
      },
    }));
  }, [layout, chain, scenario, words, language, nameOf]);
  const edges = useMemo<Edge[]>(
    () =>
      LINKS.map(([source, target]) => ({
        id: `${source}-${target}`,
        source,
        target,
        ...handles(target),
        type: "smoothstep",
        focusable: false,
        className: chain.steps.find(({ step }) => step === target)?.at === undefined ? "later" : "done",
      })),
    [chain],
  );

  return (
    <section className="chain" ref={place} aria-label={words.chain.name} style={{ height: layout?.height ?? 148 }}>
      <Opening value={open}>
        {layout === null ? null : (
          <ReactFlow
            key={layout.down ? "down" : "across"}
            nodes={nodes}
            edges={edges}
            nodeTypes={KINDS}
            defaultViewport={{ x: 0, y: 1, zoom: 1 }}
            minZoom={1}
            maxZoom={1}
            nodesDraggable={false}
            nodesConnectable={false}
            elementsSelectable={false}
            panOnDrag={false}
            panOnScroll={false}
            zoomOnScroll={false}
            zoomOnPinch={false}
            zoomOnDoubleClick={false}
            preventScrolling={false}
            disableKeyboardA11y
            proOptions={{ hideAttribution: true }}
          />
        )}
      </Opening>
    </section>
  );
}

/** What hangs beside the spine leaves it sideways. */
function handles(target: string): { readonly sourceHandle: string; readonly targetHandle: string } {
  if (target === "repairs") return { sourceHandle: "beside", targetHandle: "beside-in" };
  if (target === "kit") return { sourceHandle: "beside", targetHandle: "in" };
  return { sourceHandle: "out", targetHandle: "in" };
}

function StepBox({ data }: NodeProps<StepNode>) {
  const words = useWords(boardWords);
  const open = useContext(Opening);
  const { step, title, about, time, after, down } = data;
  const { decision } = step;
  const inside = (
    <>
      <span className="name">
        <b>{title}</b> <em>{after}</em>
      </span>
      <time>{time}</time>
      <span className="about">{about}</span>
    </>
  );
  return (
    <>
      <Handle id="in" type="target" position={down ? Position.Top : Position.Left} />
      <Handle id="beside-in" type="target" position={down ? Position.Left : Position.Top} />
      {decision === undefined ? (
        <div className={step.at === undefined ? "link-box later" : "link-box"}>{inside}</div>
      ) : (
        <button type="button" className="link-box nodrag nopan" title={words.ticket.openDecision} onClick={() => open(decision)}>
          {inside}
        </button>
      )}
      <Handle id="out" type="source" position={down ? Position.Bottom : Position.Right} />
      <Handle id="beside" type="source" position={down ? Position.Right : Position.Bottom} />
    </>
  );
}

function aboutOf(
  { step, about }: ChainStep,
  chain: Chain,
  scenario: Scenario,
  words: BoardWords,
  nameOf: (engineer: string) => string,
  language: "zh" | "en",
): string {
  const text = (key: string) => (about[key] === undefined ? "" : String(about[key]));
  switch (step) {
    case "vibration": {
      const first = chain.alarm?.evidence[0];
      const channel = scenario.profiles.flatMap(({ channels }) => channels).find(({ id }) => id === first?.channel);
      return first === undefined ? "" : words.chain.share(channel?.title[language] ?? first.channel, `${Math.round(first.share * 100)} %`);
    }
    case "alarm":
      return words.chain.score(chain.alarm?.score.toFixed(2) ?? "");
    case "ticket":
      return scenario.faultModes.find(({ id }) => id === chain.ticket.faultMode)?.title[language] ?? chain.ticket.faultMode;
    case "repairs":
      return words.chain.repairs(String(chain.ticket.repairs.length));
    case "engineer":
    case "accepted":
      return text("engineer") === "" ? "" : nameOf(text("engineer"));
    case "kit":
      return words.chain.lines(String(chain.kit.lines.length));
    case "wms":
      return chain.kit.reservation ?? "";
    case "travelling":
    case "working":
    case "resolved":
      return "";
  }
}
