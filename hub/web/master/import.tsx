/** A table of another system brought in: its columns mapped, tried without a trace, then written. */
import { Button, FileInput, NativeSelect, Switch, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isRefusal } from "../../../contracts/refusal.ts";
import type { Json } from "../../../contracts/delta/json.ts";
import { useCommand } from "../../../edge/web/command.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ImportAnswer } from "../../master/asked.ts";
import { type Table, readCsv, readText } from "../../master/csv.ts";
import { leavesOf } from "../../master/mapping.ts";
import { Refused } from "../parts/refused.tsx";
import { masterWords } from "../words/master.ts";
import { importTable } from "./api.ts";
import { guessColumns, mappingOf } from "./columns.ts";
import type { Family } from "./entities.tsx";
import { ImportOutcome } from "./import-outcome.tsx";
import { Runs } from "./runs.tsx";
import { UnitsChoice } from "./units-choice.tsx";

const ENCODINGS = ["utf-8", "gb18030", "windows-1252", "utf-16le"] as const;
const FAMILIES = ["customer", "asset", "engineer"] as const;

type Read = { readonly name: string; readonly csv: string; readonly table: Table<string> };
type Given = {
  readonly family: Family;
  readonly columns: Readonly<Record<string, string>>;
  readonly more: string;
  readonly units: readonly string[];
  readonly match: boolean;
  readonly autoMerge: boolean;
};

export function Import() {
  const words = useWords(masterWords);
  const queries = useQueryClient();
  const command = useCommand();
  const [file, setFile] = useState<File | null>(null);
  const [encoding, setEncoding] = useState<string>("utf-8");
  const [read, setRead] = useState<Read | null>(null);
  const [given, setGiven] = useState<Given>({ family: "customer", columns: {}, more: "", units: [], match: true, autoMerge: false });
  const [answer, setAnswer] = useState<ImportAnswer | null>(null);
  const more = readMore(given.more);
  const change = (to: Partial<Given>) => {
    setGiven({ ...given, ...to });
    setAnswer(null);
  };

  const choose = (one: File | null, as: string) => {
    setFile(one);
    setEncoding(as);
    setRead(null);
    setAnswer(null);
    if (one === null) return;
    void command.run("read", async () => {
      const csv = readText(new Uint8Array(await one.arrayBuffer()), as);
      const table = isRefusal(csv) ? csv : readCsv(csv, leavesOf(given.family));
      if (isRefusal(csv) || isRefusal(table)) throw refusedFile(isRefusal(csv) ? csv : table);
      setRead({ name: one.name, csv, table });
      setGiven({ ...given, columns: guessColumns(table.columns, leavesOf(given.family)) });
    });
  };
  const send = (dryRun: boolean) =>
    void command.run(dryRun ? "dry" : "import", async () => {
      const { family, columns, units, match, autoMerge } = given;
      const mapping = { family, ...mappingOf(columns, more ?? {}) };
      setAnswer(await importTable({ family, mapping, csv: read?.csv ?? "", fileName: read?.name ?? "", units: [...units], match, autoMerge, dryRun }));
      // Not waited for: the next file may be chosen meanwhile.
      if (!dryRun) for (const key of ["runs", "reviews", "pending", "operations"]) void queries.invalidateQueries({ queryKey: [key] });
    });
  const counts = answer?.dryRun === true ? answer.counts : null;
  const wouldChange = counts !== null && counts.new + counts.changed + counts.toReview > 0;

  return (
    <>
      <section className="panel part">
        <h2>{words.parts.import}</h2>
        <div className="filters bare">
          <NativeSelect
            label={words.family}
            value={given.family}
            data={FAMILIES.map((value) => ({ value, label: words.parts[value] }))}
            onChange={(event) => {
              const family = FAMILIES.find((one) => one === event.currentTarget.value) ?? "customer";
              change({ family, columns: read === null ? {} : guessColumns(read.table.columns, leavesOf(family)) });
            }}
          />
          <FileInput
            className="wide"
            label={words.file}
            placeholder={words.fileHint}
            accept=".csv,.txt,.tsv,text/csv"
            value={file}
            disabled={command.pending !== null}
            onChange={(one) => choose(one, encoding)}
          />
          <NativeSelect label={words.encoding} value={encoding} data={[...ENCODINGS]} onChange={(event) => choose(file, event.currentTarget.value)} />
        </div>
        {read === null ? null : (
          <>
            <Columns table={read.table} given={given} change={change} />
            <Textarea
              label={words.more}
              classNames={{ input: "code" }}
              rows={2}
              value={given.more}
              placeholder={'{"country": "CN", "attributes": {"kind": {"constant": "pump"}}}'}
              error={more === undefined ? words.moreWrong : undefined}
              onChange={(event) => change({ more: event.currentTarget.value })}
            />
            <UnitsChoice chosen={given.units} choose={(units) => change({ units })} />
            <div className="switches">
              <Switch
                label={words.match}
                description={words.matchWhat}
                checked={given.match}
                onChange={(event) => change({ match: event.currentTarget.checked })}
              />
              <Switch
                label={words.autoMerge}
                description={words.autoMergeWhat}
                checked={given.autoMerge}
                disabled={given.family === "engineer"}
                onChange={(event) => change({ autoMerge: event.currentTarget.checked })}
              />
            </div>
            <div className="acts">
              <Button variant={wouldChange ? "default" : "filled"} disabled={more === undefined} loading={command.pending === "dry"} onClick={() => send(true)}>
                {words.dryRun}
              </Button>
              {counts !== null && wouldChange ? (
                <Button variant="filled" loading={command.pending === "import"} onClick={() => send(false)}>
                  {words.import(countOf(counts.new), countOf(counts.changed))}
                </Button>
              ) : null}
              <span className="muted">{counts === null || wouldChange ? words.dryRunWhat : words.nothingToImport}</span>
            </div>
          </>
        )}
        <Refused command={command} />
        {answer === null ? null : <ImportOutcome answer={answer} />}
      </section>
      <Runs />
    </>
  );
}

type ColumnsProps = { readonly table: Table<string>; readonly given: Given; readonly change: (to: Partial<Given>) => void };

function Columns({ table, given, change }: ColumnsProps) {
  const words = useWords(masterWords);
  return (
    <fieldset className="columns-of">
      <legend>{words.columns}</legend>
      {leavesOf(given.family).map((attr) => {
        const column = given.columns[attr] ?? "";
        const first = column === "" ? undefined : table.rows[0]?.cells[table.columns.indexOf(column)];
        return (
          <NativeSelect
            key={attr}
            label={attr}
            description={first === undefined || first === "" ? undefined : words.first(first.slice(0, 40))}
            inputWrapperOrder={["label", "input", "description"]}
            value={column}
            data={[{ value: "", label: words.noColumn }, ...table.columns.filter((name) => name !== "").map((value) => ({ value, label: value }))]}
            onChange={(event) => change({ columns: { ...given.columns, [attr]: event.currentTarget.value } })}
          />
        );
      })}
    </fieldset>
  );
}

/** Undefined: no object. */
function readMore(text: string): Readonly<Record<string, Json>> | undefined {
  if (text.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, Json>) : undefined;
  } catch {
    return undefined;
  }
}

/** As an answer of the hub says it: the page reads the file by the hub's own rules. */
function refusedFile(refusal: unknown): Error {
  if (!isRefusal(refusal)) return new Error("the file can't be read");
  const { refused: code, rule, mend, field } = refusal;
  return new Error(rule, { cause: { code, rule, mend, ...(field === undefined ? {} : { field }) } });
}
