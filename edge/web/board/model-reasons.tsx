/** Why a model may not go on, or is where it is, in sentences. */
import type { Reason } from "../../../contracts/decision.ts";
import { useWords } from "../language.ts";
import { modelWords } from "../words/models.ts";

export function Standing({ reasons }: { readonly reasons: readonly Reason[] }) {
  const words = useWords(modelWords);
  return reasons.length === 0 ? (
    <p>{words.passes}</p>
  ) : (
    <>
      <p>{words.notYet}</p>
      <Reasons reasons={reasons} />
    </>
  );
}

export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  const words = useWords(modelWords);
  return reasons.length === 0 ? null : (
    <ul>
      {reasons.map((reason) => (
        <li key={reason.code}>{sentenceOf(words.reasons, reason)}</li>
      ))}
    </ul>
  );
}

export function sentenceOf(sentences: Readonly<Record<string, (about: Reason["about"]) => string>>, { code, about }: Reason): string {
  return sentences[code]?.(about) ?? code;
}
