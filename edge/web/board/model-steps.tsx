/** The steps that a person takes with the models of a profile: from shadow to live, and back. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { channelsOfCard } from "../../../contracts/model-card.ts";
import type { ModelsView, ProfileModels } from "../../../contracts/models-view.ts";
import type { Command } from "../command.ts";
import { useWords } from "../language.ts";
import { modelWords } from "../words/models.ts";
import { nameIn } from "./model-card.tsx";
import { useUnit } from "./queries.ts";

type Run = (name: string, action: () => Promise<unknown>) => void;

export type StepProps = {
  readonly one: ProfileModels;
  readonly models: ModelsView["models"];
  readonly operations: boolean;
  readonly command: Command;
  readonly run: Run;
};

export function Steps({ one, models, operations, command, run, nameOf }: StepProps & { readonly nameOf: (hash: string) => string }) {
  const words = useWords(modelWords);
  const { api } = useUnit();
  const { profile, live, candidate, previous } = one.binding;
  const others = models.filter(({ hash, card }) => {
    const width = card === undefined ? null : channelsOfCard(card);
    return hash !== live && (card?.kind ?? "scores") === "scores" && (width === null || width === one.channels);
  });
  const [chosen, choose] = useState("");
  const [sure, ask] = useState(false);
  const hash = others.some((model) => model.hash === chosen) ? chosen : (others[0]?.hash ?? "");
  const button = (name: string, label: string, action: () => Promise<unknown>, filled = false) => (
    <Button {...(filled ? { variant: "filled" } : {})} loading={command.pending === `${profile} ${name}`} onClick={() => run(`${profile} ${name}`, action)}>
      {label}
    </Button>
  );
  const canGoBack = candidate?.stage === "canary" || previous !== undefined;
  const backTo = candidate?.stage === "canary" ? live : previous;
  return (
    <div className="doings">
      {!operations || candidate !== undefined ? null : others.length === 0 ? (
        <p className="muted">{words.startNone}</p>
      ) : (
        <>
          <NativeSelect
            aria-label={words.startWhich}
            value={hash}
            onChange={(event) => choose(event.currentTarget.value)}
            data={others.map((model) => ({ value: model.hash, label: nameIn(model, model.hash) }))}
          />
          {button("shadow", words.start, () => api.startShadow(profile, hash))}
        </>
      )}
      {operations && candidate?.stage === "shadow" ? button("canary", words.toCanary, () => api.ofModel(profile, "canary"), true) : null}
      {operations && candidate?.stage === "canary" ? button("promote", words.promote, () => api.ofModel(profile, "promote"), true) : null}
      {operations && candidate !== undefined ? button("stop", words.stop, () => api.ofModel(profile, "stop")) : null}
      {!canGoBack ? null : sure ? (
        button(
          "roll-back",
          `${words.sure} ${words.rollBackTo(backTo === undefined ? "" : nameOf(backTo))}`,
          () => api.ofModel(profile, "roll-back").finally(() => ask(false)),
          true,
        )
      ) : (
        <Button onClick={() => ask(true)}>{words.rollBack}</Button>
      )}
    </div>
  );
}
