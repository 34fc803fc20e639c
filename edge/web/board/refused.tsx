/** A refusal in words, over the board until closed. */
import { Notification, Portal } from "@mantine/core";
import type { Problem } from "../ask.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { explain } from "../words/problems.ts";

export function Refused({ problem, close }: { readonly problem: Problem | null; readonly close: () => void }) {
  const language = useLanguage();
  const words = useWords(boardWords);
  if (problem === null) return null;
  const { what, mend, detail } = explain(problem, language);
  return (
    <Portal>
      <div className="notice">
        <Notification role="alert" color="red" title={what} onClose={close} closeButtonProps={{ "aria-label": words.close }} withBorder>
          {mend}
          {detail === "" ? null : <div lang="en">{detail}</div>}
        </Notification>
      </div>
    </Portal>
  );
}
