/** What crosses a bridge, field by field: by which rule, its table of values, and what is wrong with it. */
import { useWords } from "../../../edge/web/language.ts";
import { type Field, type Rule, type Way, comesIn, goesOut } from "../../bridge/bridge.ts";
import type { Finding } from "../../bridge/finding.ts";
import type { BridgeView } from "../../registry/api-bridge.ts";
import { textOf } from "../operations/value.ts";
import { bridgesWords } from "../words/bridges.ts";
import { Findings } from "./findings.tsx";

export function Mapping({ view: { document, findings } }: { readonly view: BridgeView }) {
  const words = useWords(bridgesWords);
  const { fields, constants } = document;
  return (
    <section className="panel part">
      <h2>{words.mapping}</h2>
      <ul className="mapping">
        {fields.map((field) => (
          <One key={`${field.ours} ${field.theirs} ${field.way}`} field={field} findings={findings.filter((one) => isAbout(one, field))} />
        ))}
      </ul>
      {constants.length === 0 ? null : (
        <>
          <h3>{words.constants}</h3>
          <ul>
            {constants.map(({ theirs, value }) => (
              <li key={theirs}>
                <code>
                  {theirs} = {textOf(value)}
                </code>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function One({ field, findings }: { readonly field: Field; readonly findings: readonly Finding[] }) {
  const words = useWords(bridgesWords);
  const { ours, theirs, way, by, note } = field;
  return (
    <li>
      <p className="sides">
        <code>{ours}</code>
        <Arrow way={way} />
        <code>{theirs}</code>
        <span className="muted">
          <RuleText rule={by} />
        </span>
      </p>
      {note === undefined ? null : (
        <p lang="en" className="muted">
          {note}
        </p>
      )}
      <Findings findings={findings} />
      {by.rule === "state" || by.rule === "look-up" ? (
        <details open={by.rule === "state" || findings.length > 0}>
          <summary>{words.pairs}</summary>
          <Pairs rule={by} />
        </details>
      ) : null}
      {by.rule === "expression" ? (
        <>
          {by.forth === undefined ? null : (
            <p>
              <span className="muted">{words.forth}</span> <code>{by.forth}</code>
            </p>
          )}
          {by.back === undefined ? null : (
            <p>
              <span className="muted">{words.back}</span> <code>{by.back}</code>
            </p>
          )}
        </>
      ) : null}
    </li>
  );
}

function Arrow({ way }: { readonly way: Way }) {
  const words = useWords(bridgesWords);
  const one = { way };
  return (
    <span className="arrow" role="img" aria-label={words.ways[way]} title={words.ways[way]}>
      {goesOut(one) && comesIn(one) ? "⇄" : goesOut(one) ? "→" : "←"}
    </span>
  );
}

function RuleText({ rule }: { readonly rule: Rule }) {
  const words = useWords(bridgesWords).rules;
  switch (rule.rule) {
    case "same":
      return words.same;
    case "look-up":
      return words["look-up"](String(rule.pairs.length));
    case "state":
      return words.state(String(rule.pairs.length));
    case "convert":
      return words.convert(rule.ours, rule.theirs);
    case "scale":
      return words.scale(String(rule.scale), String(rule.offset));
    case "instant":
      return words.instant[rule.as];
    case "expression":
      return words.expression;
  }
}

/** A table of a rule. What a state means beside theirs is said of each pair. */
function Pairs({ rule }: { readonly rule: Extract<Rule, { rule: "state" | "look-up" }> }) {
  const words = useWords(bridgesWords);
  const state = rule.rule === "state" ? rule : null;
  const otherwise = rule.rule === "look-up" ? rule.otherwise : undefined;
  return (
    <>
      <ul className="pairs">
        {rule.pairs.map((pair) => (
          <li key={`${String(pair.ours)} ${String(pair.theirs)} ${pair.way}`}>
            <code>{String(pair.ours)}</code>
            <Arrow way={pair.way} />
            <code>{String(pair.theirs)}</code>
            {"relation" in pair ? (
              <span className="relation">
                <span className={pair.relation === "equivalent" ? "chip ok" : "chip slow"}>{words.relations[pair.relation]}</span>{" "}
                {"than" in pair ? (
                  <span className="muted">
                    {words.than} <span lang="en">{pair.than}</span>
                  </span>
                ) : null}
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {otherwise === undefined ? null : (
        <p className="muted">{words.otherwise([otherwise.theirs, otherwise.ours].filter((one) => one !== undefined).join(" / "))}</p>
      )}
      {state === null ? null : (
        <dl className="about-pairs">
          <Listed name={words.refusedValues} values={state.refused.map(String)} />
          <Listed name={words.unions} values={state.unions.map(String)} />
          <Listed name={words.splits} values={state.splits} />
        </dl>
      )}
    </>
  );
}

function Listed({ name, values }: { readonly name: string; readonly values: readonly string[] }) {
  if (values.length === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {values.map((value) => (
          <code key={value} className="sample">
            {value}
          </code>
        ))}
      </dd>
    </div>
  );
}

function isAbout({ field: name }: Finding, { ours, theirs }: Field): boolean {
  return name === ours || name === theirs;
}
