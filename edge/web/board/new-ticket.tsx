/** A ticket that a person opens, or a customer's complaint: for what no alarm has said. */
import { Button, Modal, NativeSelect, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Board } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { useCommand } from "../command.ts";
import { useLacks } from "../lacks.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { lifeWords } from "../words/life.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

const WORDS_MAX = 1_000;
const CREWS = ["1", "2", "3", "4", "5"] as const;

type Kind = "wish" | "complaint";
type Props = {
  readonly assets: readonly Board["assets"][number][];
  readonly scenario: Scenario;
  readonly asset: string | undefined;
  readonly choose: (ticket: string) => void;
};

export function NewTicket({ assets, scenario, asset: shown, choose }: Props) {
  const language = useLanguage();
  const words = useWords(lifeWords).new;
  const { close } = useWords(boardWords);
  const { api } = useUnit();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<Kind>("wish");
  const [asset, setAsset] = useState("");
  const [said, setSaid] = useState("");
  const [faultMode, setFaultMode] = useState("");
  const [priority, setPriority] = useState("");
  const [crew, setCrew] = useState("1");
  const machine = asset === "" ? (shown ?? assets[0]?.id ?? "") : asset;
  const wordsLabel = kind === "wish" ? words.words : words.complaintWords;
  const lacks = useLacks([
    ...(machine === "" ? [{ name: "asset", label: words.asset, how: "choose" } as const] : []),
    ...(said.trim() === "" ? [{ name: "words", label: wordsLabel, how: "fill" } as const] : []),
  ]);
  const send = () =>
    lacks.none() &&
    void command
      .run("open", async () => {
        const about = { asset: machine, words: said.trim(), ...(priority === "" ? {} : { priority }) };
        const more = { ...(faultMode === "" ? {} : { faultMode }), ...(crew === "1" ? {} : { crew: Number(crew) }) };
        const id = kind === "wish" ? await api.openTicket({ ...about, ...more }) : await api.complain(about);
        if (id !== undefined) choose(id);
      })
      .then((taken) => {
        if (!taken) return;
        setOpen(false);
        setSaid("");
      });
  return (
    <>
      <Button className="new-ticket" onClick={() => setOpen(true)}>
        {words.open}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={words.title} closeButtonProps={{ "aria-label": close }}>
        <Stack gap="sm">
          <NativeSelect
            label={words.kind}
            value={kind}
            data={(["wish", "complaint"] as const).map((value) => ({ value, label: words.kinds[value] }))}
            onChange={(event) => setKind(event.currentTarget.value === "complaint" ? "complaint" : "wish")}
          />
          <NativeSelect
            label={words.asset}
            name="asset"
            error={lacks.of("asset")}
            value={machine}
            data={assets.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(event) => setAsset(event.currentTarget.value)}
          />
          <Textarea
            label={wordsLabel}
            name="words"
            error={lacks.of("words")}
            withAsterisk
            value={said}
            maxLength={WORDS_MAX}
            rows={3}
            onChange={(event) => setSaid(event.currentTarget.value)}
            {...(kind === "complaint" ? { description: words.complaintWhy } : {})}
          />
          {kind === "complaint" ? null : (
            <NativeSelect
              label={words.faultMode}
              value={faultMode}
              data={[{ value: "", label: words.faultModeNone }, ...scenario.faultModes.map(({ id, title }) => ({ value: id, label: title[language] }))]}
              onChange={(event) => setFaultMode(event.currentTarget.value)}
            />
          )}
          <NativeSelect
            label={words.priority}
            value={priority}
            data={[{ value: "", label: words.priorityNone }, ...["p1", "p2", "p3"].map((value) => ({ value, label: value.toUpperCase() }))]}
            onChange={(event) => setPriority(event.currentTarget.value)}
          />
          {kind === "complaint" ? null : (
            <NativeSelect label={words.crew} value={crew} data={[...CREWS]} onChange={(event) => setCrew(event.currentTarget.value)} />
          )}
          <Button variant="filled" loading={command.pending !== null} onClick={send}>
            {kind === "wish" ? words.send : words.sendComplaint}
          </Button>
        </Stack>
      </Modal>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
