/** A value sent across a bridge and back, to see what becomes of it. */
import { Button, NativeSelect, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { Bridge } from "../../bridge/bridge.ts";
import { textOf } from "../operations/value.ts";
import { bridgesWords } from "../words/bridges.ts";
import { explainAtHub } from "../words/problems.ts";
import { readRest, readValue, tryValue } from "./try.ts";

/** A text that a cell of theirs may hold; more is no value that somebody types. */
const VALUE_CHARS_MAX = 4_000;

type Given = { readonly field: string; readonly from: "ours" | "theirs"; readonly value: string; readonly rest: string };

export function TryValue({ bridge }: { readonly bridge: Bridge }) {
  const words = useWords(bridgesWords);
  const first = Math.max(
    0,
    bridge.fields.findIndex(({ by }) => by.rule === "state"),
  );
  const [given, setGiven] = useState<Given>({ field: String(first), from: "ours", value: "", rest: "" });
  const [tried, setTried] = useState<Given | null>(null);
  const field = bridge.fields[Number(given.field)];
  const rest = readRest(given.rest);
  const set = (change: Partial<Given>) => {
    setGiven({ ...given, ...change });
    setTried(null);
  };
  const known = field === undefined || !("pairs" in field.by) ? [] : [...new Set(field.by.pairs.map((pair) => String(pair[given.from])))];
  return (
    <section className="panel part">
      <h2>{words.tryTitle}</h2>
      <p className="muted">{words.tryWhat}</p>
      <form
        className="filters bare"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(given);
        }}
      >
        <NativeSelect
          label={words.field}
          value={given.field}
          data={bridge.fields.map(({ ours, theirs }, i) => ({ value: String(i), label: `${ours} · ${theirs}` }))}
          onChange={(event) => set({ field: event.currentTarget.value })}
        />
        <NativeSelect
          label={words.from}
          value={given.from}
          data={[
            { value: "ours", label: words.fromOurs },
            { value: "theirs", label: words.fromTheirs },
          ]}
          onChange={(event) => set({ from: event.currentTarget.value === "theirs" ? "theirs" : "ours" })}
        />
        <TextInput
          label={words.value}
          placeholder={known[0] ?? words.valueHint}
          list="known-values"
          value={given.value}
          maxLength={VALUE_CHARS_MAX}
          autoComplete="off"
          onChange={(event) => set({ value: event.currentTarget.value })}
        />
        <datalist id="known-values">
          {known.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
        {field?.by.rule === "expression" ? (
          <Textarea
            className="wide"
            label={words.rest}
            classNames={{ input: "code" }}
            rows={2}
            value={given.rest}
            placeholder={'{"ours": {"asset": "pump-1"}}'}
            error={rest === undefined ? words.restWrong : undefined}
            onChange={(event) => set({ rest: event.currentTarget.value })}
          />
        ) : null}
        <div className="acts">
          <Button type="submit" variant="filled" disabled={given.value === "" || rest === undefined}>
            {words.tryIt}
          </Button>
        </div>
      </form>
      <div role="status">{tried === null || field === undefined ? null : <Outcome given={tried} field={field} />}</div>
    </section>
  );
}

function Outcome({ given, field }: { readonly given: Given; readonly field: Bridge["fields"][number] }) {
  const words = useWords(bridgesWords);
  const outcome = tryValue(field, given.from, readValue(given.value), readRest(given.rest) ?? {});
  if (outcome === null) return <p className="warn">{field.way === "both" ? "" : words.noWay[field.way]}</p>;
  const { there, again, same } = outcome;
  return (
    <ol className="tried">
      <li>
        <Step name={isRefusal(there) ? words.stops : words.crosses} crossed={there} />
      </li>
      {again === null ? null : (
        <li>
          <Step name={isRefusal(again) ? words.stops : words.comesBack} crossed={again} />{" "}
          {isRefusal(again) ? null : <span className={same ? "chip ok" : "chip slow"}>{same ? words.sameAgain : words.otherAgain}</span>}
        </li>
      )}
    </ol>
  );
}

function Step({ name, crossed }: { readonly name: string; readonly crossed: { readonly value: unknown } | Refusal }) {
  const language = useLanguage();
  if (!isRefusal(crossed))
    return (
      <>
        <span className="muted">{name}</span> <code className="sample">{textOf(crossed.value)}</code>
      </>
    );
  const { refused: code, rule, mend, field } = crossed;
  const { what, detail } = explainAtHub({ code, rule, mend, ...(field === undefined ? {} : { field }) }, language);
  return (
    <>
      <span className="chip broken">{name}</span> {what} <span lang="en">{detail}</span>
    </>
  );
}
