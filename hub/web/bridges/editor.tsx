/** A bridge as its document: changed and put, whatever the checks say; they say it again once it is kept. */
import { Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useWords } from "../../../edge/web/language.ts";
import type { Bridge } from "../../bridge/bridge.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { bridgesWords } from "../words/bridges.ts";
import { putBridge } from "./api.ts";

/** `document`: null for a new one. */
export function Editor({ document }: { readonly document: Bridge | null }) {
  const words = useWords(bridgesWords);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const before = document === null ? "" : JSON.stringify(document, null, 2);
  const [text, setText] = useState(before);
  const [told, setTold] = useState("");
  const bridge = parse(text);
  const put = (why: string) =>
    putBridge(bridge ?? {}, why).then(({ id }) => {
      setTold(words.putAs(id));
      void navigate({ to: "/hub/$section/$item", params: { section: "bridges", item: id }, search: {} });
      return Promise.all(["bridge", "bridges"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    });
  return (
    <section className="panel part">
      <details open={document === null}>
        <summary>{words.edit}</summary>
        <p className="muted">{words.editWhat}</p>
        <Textarea
          label={words.document}
          classNames={{ input: "code" }}
          rows={14}
          spellCheck={false}
          value={text}
          error={text.trim() !== "" && bridge === undefined ? words.notJson : undefined}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setTold("");
          }}
        />
        <div className="acts">{bridge === undefined || text === before ? null : <WhyButton open={words.put} send={words.putSend} run={put} />}</div>
      </details>
      <p className="told" role="status">
        {told}
      </p>
    </section>
  );
}

/** Undefined: no JSON, or no object. */
function parse(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
