/** A section's head, and what stands there while it is asked for, when it can't be, or when there is nothing. */
import type { ReactNode } from "react";
import { problemOf } from "../../../edge/web/ask.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import { frameWords } from "../words/frame.ts";
import { explainAtHub } from "../words/problems.ts";

export function Head({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children?: ReactNode }) {
  return (
    <div className="head">
      <div>
        <h1>{title}</h1>
        <p className="lead">{lead}</p>
      </div>
      {children}
    </div>
  );
}

type Asked<T> = { readonly data: T | undefined; readonly error: Error | null; readonly dataUpdatedAt: number };

/** What was answered before stays while the hub is away, and says that it is old. */
export function Answered<T>({ asked, children }: { readonly asked: Asked<T>; readonly children: (data: T) => ReactNode }) {
  const words = useWords(frameWords);
  const { data, error } = asked;
  if (data !== undefined)
    return (
      <>
        {error === null ? null : (
          <p className="stale" role="status">
            {words.stale} <time>{new Date(asked.dataUpdatedAt).toLocaleTimeString()}</time>
          </p>
        )}
        {children(data)}
      </>
    );
  return error === null ? <p className="none">{words.loading}</p> : <Trouble error={error} />;
}

export function Trouble({ error }: { readonly error: unknown }) {
  const language = useLanguage();
  const { what, mend, detail } = explainAtHub(problemOf(error), language);
  return (
    <div className="trouble" role="alert">
      <strong>{what}</strong> {mend}
      {detail === "" ? null : <div lang="en">{detail}</div>}
    </div>
  );
}
