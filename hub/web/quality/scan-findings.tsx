/** What a scan found, by topic: where, what was seen, what to do. */
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../edge/web/language.ts";
import { countOf } from "../../../edge/web/figures.ts";
import type { Code } from "../../quality/finding.ts";
import type { Scan } from "../../registry/api-bridge.ts";
import { qualityWords } from "../words/quality.ts";
import { scanWords } from "../words/scan.ts";
import { saidOf } from "./share.ts";

const TOPICS = ["overloaded", "unused", "duplicate", "undocumented"] as const;
/** So many of a topic are shown at once; more are behind their count. */
const OPEN_MAX = 6;

/** `subject`: of this contract only; null: of all. */
export function ScanFindings({ scan, subject }: { readonly scan: Scan; readonly subject: string | null }) {
  const words = useWords(qualityWords);
  const all = scan.subjects
    .filter((one) => subject === null || one.subject === subject)
    .flatMap((one) => one.findings.map((finding) => ({ ...finding, subject: one.subject })));
  if (all.length === 0) return <p className="muted">{words.noFindings}</p>;
  return TOPICS.map((topic) => {
    const found = all.filter((finding) => finding.topic === topic);
    if (found.length === 0) return null;
    return (
      <details key={topic} className="touched" open={found.length <= OPEN_MAX}>
        <summary>
          {words.topics[topic]} <b>{countOf(found.length)}</b>
        </summary>
        <ul className="changes">
          {found.map((finding) => (
            <One key={`${finding.subject} ${finding.path} ${finding.code} ${finding.sentence}`} finding={finding} alone={subject !== null} />
          ))}
        </ul>
      </details>
    );
  });
}

type Found = Scan["subjects"][number]["findings"][number] & { readonly subject: string };

type Props = { readonly finding: Found; readonly alone: boolean };

function One({ finding: { subject, path, code, params, sentence, suggestion }, alone }: Props) {
  const words = useWords(qualityWords);
  const scans = useWords(scanWords);
  const [seen, todo] = isKnown(code) ? scans[code](saidOf(params)) : [sentence, suggestion];
  return (
    <li className="found">
      <span className="where">
        {alone ? null : (
          <>
            <Link to="/hub/$section/$item" params={{ section: "quality", item: subject }} search={{}}>
              {subject}
            </Link>{" "}
          </>
        )}
        {path === "" ? <span className="muted">{words.wholeDocument}</span> : <b>{path}</b>}
      </span>
      <span>
        {seen} <span className="muted">{todo}</span>
      </span>
    </li>
  );
}

function isKnown(code: string): code is Code {
  return Object.hasOwn(scanWords.en, code);
}
