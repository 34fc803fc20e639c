/** What somebody can do about a consumer that was never compared: how it compares by itself, and a comparison made here. */
import { Modal, Stack, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { LinkHealth } from "../../health/link-health.ts";
import * as api from "../api.ts";
import { Answered } from "../parts/section.tsx";
import { frameWords } from "../words/frame.ts";
import { linksWords } from "../words/links.ts";
import { type Compared, compare, readTheirs } from "./compare.ts";

export function CompareButton({ link }: { readonly link: LinkHealth }) {
  const words = useWords(linksWords).compare;
  const frame = useWords(frameWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="text-button" onClick={() => setOpen(true)}>
        {words.open}
      </button>
      <Modal opened={open} onClose={() => setOpen(false)} size="lg" title={words.title(link.name)} closeButtonProps={{ "aria-label": frame.close }}>
        {open ? <Comparison link={link} /> : null}
      </Modal>
    </>
  );
}

function Comparison({ link: { kind, unit, depth = 0 } }: { readonly link: LinkHealth }) {
  const words = useWords(linksWords).compare;
  const [text, setText] = useState("");
  const asked = useQuery({ queryKey: ["digest"], queryFn: api.digest });
  const theirs = text.trim() === "" ? new Map<string, string>() : readTheirs(text);
  return (
    <Stack gap="sm">
      <p>
        {words.what}{" "}
        <a href="/api/hub/openapi.json" target="_blank" rel="noreferrer">
          {words.described}
        </a>
      </p>
      {unit === undefined ? (
        <Textarea
          label={words.paste}
          description={words.pasteHint}
          classNames={{ input: "code" }}
          rows={4}
          spellCheck={false}
          value={text}
          error={theirs === undefined ? words.wrong : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        <p className="warn">{words.unitOnly(unit)}</p>
      )}
      {kind === "consumer" ? <p className="muted">{words.filtered}</p> : null}
      {depth === 0 ? null : <p className="warn">{words.waits(countOf(depth))}</p>}
      <Answered asked={asked}>{(answer) => <Families rows={compare(answer, theirs ?? new Map())} />}</Answered>
    </Stack>
  );
}

function Families({ rows }: { readonly rows: readonly Compared[] }) {
  const words = useWords(linksWords).compare;
  const given = rows.filter(({ theirs }) => theirs !== undefined);
  const differing = given.filter(({ ours, theirs }) => ours !== theirs);
  return (
    <>
      <p role="status" className={differing.length > 0 ? "bad" : "good"}>
        {given.length === 0 ? "" : differing.length === 0 ? words.allEqual(countOf(given.length)) : words.differs}
      </p>
      <div className="wide-table">
        <table aria-label={words.table} className="digests">
          <thead>
            <tr>
              {(["family", "entities", "ours", "theirs"] as const).map((column) => (
                <th key={column} scope="col">
                  {words[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ family, entities, ours, theirs }) => (
              <tr key={family}>
                <th scope="row">{family}</th>
                <td>{countOf(entities)}</td>
                <td>
                  <code>{ours === "" ? "–" : ours}</code>
                </td>
                <td>
                  {theirs === undefined ? (
                    <span className="muted">{words.notGiven}</span>
                  ) : (
                    <span className={theirs === ours ? "chip ok" : "chip broken"}>
                      <span aria-hidden="true">{theirs === ours ? "=" : "≠"}</span> {theirs === ours ? words.equal : words.differ}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
