/** What the hub holds of one person or customer and what for. Looked up by id, never listed. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { problemOf } from "../../../edge/web/ask.ts";
import { useWords } from "../../../edge/web/language.ts";
import * as api from "../api.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useSubjects } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { HeldView } from "./held-view.tsx";

/** Asked about most often, so they stand first; every other contract may hold something too. */
const USUAL = ["customer", "engineer"] as const;

export function Subjects({ entity }: { readonly entity: string | undefined }) {
  const words = useWords(contractsWords).subjects;
  const navigate = useNavigate();
  const { id } = useSearch({ strict: false });
  const contracts = useSubjects();
  const names = (contracts.data?.subjects ?? []).map(({ subject }) => subject);
  const kinds = [...USUAL, ...names.filter((name) => !USUAL.some((usual) => usual === name))];
  const [given, setGiven] = useState({ entity: entity ?? kinds[0] ?? "customer", id: id ?? "" });
  const wanted = entity !== undefined && id !== undefined;
  const asked = useQuery({ queryKey: ["held", entity, id], queryFn: () => api.held(entity ?? "", id ?? ""), enabled: wanted });
  const nothing = asked.error !== null && problemOf(asked.error).code === "unknown-entity";
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <form
        className="panel filters"
        aria-label={words.look}
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ to: "/hub/$section/$item", params: { section: "subjects", item: given.entity }, search: { id: given.id.trim() } });
        }}
      >
        <NativeSelect label={words.entity} value={given.entity} data={kinds} onChange={(event) => setGiven({ ...given, entity: event.currentTarget.value })} />
        <TextInput label={words.id} value={given.id} maxLength={128} onChange={(event) => setGiven({ ...given, id: event.currentTarget.value })} />
        <div className="acts">
          <Button type="submit" variant="filled" disabled={given.id.trim() === ""}>
            {words.look}
          </Button>
        </div>
      </form>
      {!wanted ? null : nothing ? (
        <p className="none">{words.nothing}</p>
      ) : (
        <Answered asked={asked}>{(held) => <HeldView key={`${held.entity} ${held.id}`} held={held} />}</Answered>
      )}
    </>
  );
}
