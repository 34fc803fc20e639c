/** What is looked for in the log. Sent by the button or Enter, so that a half-typed name asks nothing. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { StreamName } from "../../../contracts/delta/operation.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Filters } from "../routes.tsx";
import { frameWords } from "../words/frame.ts";
import { logWords } from "../words/log.ts";

const OUTCOMES = ["applied", "lost", "dead"] as const;

export function FilterForm({ filters, choose }: { readonly filters: Filters; readonly choose: (filters: Filters) => void }) {
  const words = useWords(logWords).operations;
  const streams = useWords(frameWords).streams;
  const [given, setGiven] = useState({ stream: "", unit: "", entity: "", id: "", outcome: "", after: "", ...filters });
  const set = (name: keyof typeof given) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setGiven({ ...given, [name]: event.currentTarget.value });
  const said: Filters = Object.fromEntries(
    (["stream", "unit", "entity", "id", "outcome", "after"] as const).flatMap((name) => {
      const value = given[name].trim();
      return value === "" ? [] : [[name, value]];
    }),
  );
  return (
    <form
      className="panel filters"
      aria-label={words.filter}
      onSubmit={(event) => {
        event.preventDefault();
        choose(said);
      }}
    >
      <NativeSelect
        label={words.stream}
        value={given.stream}
        onChange={set("stream")}
        data={[{ value: "", label: words.any }, ...StreamName.options.map((value) => ({ value, label: streams[value] }))]}
      />
      <NativeSelect
        label={words.outcome}
        value={given.outcome}
        onChange={set("outcome")}
        data={[{ value: "", label: words.any }, ...OUTCOMES.map((value) => ({ value, label: words.outcomesShort[value] }))]}
      />
      <TextInput label={words.unit} value={given.unit} onChange={set("unit")} maxLength={63} />
      <TextInput label={words.entity} value={given.entity} onChange={set("entity")} maxLength={40} placeholder="ticket" />
      <TextInput label={words.id} value={given.id} onChange={set("id")} maxLength={128} placeholder={words.idHint} disabled={given.entity.trim() === ""} />
      <TextInput label={words.from} value={given.after} onChange={set("after")} maxLength={512} placeholder={words.fromHint} className="wide" />
      <div className="acts">
        <Button type="submit" variant="filled">
          {words.apply}
        </Button>
        <Button disabled={Object.keys(filters).length === 0} onClick={() => choose({})}>
          {words.clear}
        </Button>
      </div>
    </form>
  );
}
