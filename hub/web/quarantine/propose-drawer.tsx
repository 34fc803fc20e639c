/** One step from an unknown field to a draft of its contract: what the values can't say is asked here. */
import { Button, Drawer, Input, SegmentedControl, Stack, TextInput, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useCommand } from "../../../edge/web/command.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Draft, Unknown } from "../answers.ts";
import * as api from "../api.ts";
import { Changes, Problems } from "../contracts/changes.tsx";
import { Refused } from "../parts/refused.tsx";
import { WhyButton } from "../parts/why-button.tsx";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";

/** As the hub has them. */
const WHY_MAX = 500;
const UOM_MAX = 40;

/** `unknown`: null while nothing is proposed. It stays open when the field has left quarantine, and says so. */
export function ProposeDrawer({ unknown, close }: { readonly unknown: Unknown | null; readonly close: () => void }) {
  const words = useWords(contractsWords).quarantine;
  const frame = useWords(frameWords);
  return (
    <Drawer
      opened={unknown !== null}
      onClose={close}
      position="right"
      title={unknown === null ? "" : words.proposeTitle(unknown.field, unknown.subject)}
      closeButtonProps={{ "aria-label": frame.close }}
    >
      {unknown === null ? null : <Form key={unknown.id} unknown={unknown} />}
    </Drawer>
  );
}

function Form({ unknown }: { readonly unknown: Unknown }) {
  const words = useWords(contractsWords).quarantine;
  const queries = useQueryClient();
  const command = useCommand();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [told, setTold] = useState("");
  const [given, setGiven] = useState({ why: "", class: "plain", purpose: "", uom: "", description: "" });
  const set = (name: keyof typeof given) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setGiven({ ...given, [name]: event.currentTarget.value });
  const isNumber = [unknown.type].flat().some((type) => type === "number" || type === "integer");
  const again = () => Promise.all(["quarantine", "subject", "subjects"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  const send = () =>
    void command.run("propose", async () => {
      setDraft(await api.propose(unknown.id, proposalOf(given)));
      await again();
    });
  const publish = (why: string) =>
    api.publishDraft(unknown.subject, draft?.draft ?? "", why).then(({ major, revision }) => {
      setTold(words.published(`${major}.${revision}`));
      setDraft(null);
      return again();
    });
  if (told !== "") return <p role="status">{told}</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Stack gap="sm">
        <TextInput data-autofocus label={words.proposeWhy} value={given.why} maxLength={WHY_MAX} onChange={set("why")} />
        <Input.Wrapper label={words.classOf} labelElement="div" labelProps={{ id: "class-of" }}>
          <SegmentedControl
            fullWidth
            aria-labelledby="class-of"
            value={given.class}
            data={[
              { value: "plain", label: words.plain },
              { value: "personal", label: words.personal },
            ]}
            onChange={(value) => setGiven({ ...given, class: value })}
          />
        </Input.Wrapper>
        {given.class === "personal" ? <Textarea label={words.purpose} rows={2} value={given.purpose} onChange={set("purpose")} /> : null}
        {isNumber ? <TextInput label={words.uom} value={given.uom} maxLength={UOM_MAX} onChange={set("uom")} /> : null}
        <TextInput label={words.description} value={given.description} maxLength={WHY_MAX} onChange={set("description")} />
        <Button type="submit" variant="filled" disabled={given.why.trim() === ""} loading={command.pending !== null}>
          {words.send}
        </Button>
        <Refused command={command} />
        {draft === null ? null : (
          <section className="impact" aria-label={words.made}>
            <p role="status">
              <span className={draft.ready ? "chip ok" : "chip behind"}>{words.made}</span> {draft.ready ? words.ready : words.lacks}
            </p>
            <Problems problems={draft.problems} />
            <Changes changes={draft.changes} />
            {draft.ready ? <WhyButton open={words.publish} send={words.publish} run={publish} /> : null}
          </section>
        )}
      </Stack>
    </form>
  );
}

function proposalOf(given: Readonly<Record<"why" | "class" | "purpose" | "uom" | "description", string>>): api.Proposal {
  const purpose = given.purpose
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return {
    why: given.why.trim(),
    class: given.class === "personal" ? "personal" : "plain",
    ...(given.class === "personal" && purpose.length > 0 ? { purpose } : {}),
    ...(given.uom.trim() === "" ? {} : { uom: given.uom.trim() }),
    ...(given.description.trim() === "" ? {} : { description: given.description.trim() }),
  };
}
