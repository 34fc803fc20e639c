/** A form that lacks something can be sent all the same: then each field says what it lacks, and the first of them has the cursor. */
import { useState } from "react";
import { useWords } from "./language.ts";
import { sharedWords } from "./words/shared.ts";

/** A field by its `name` on the page, as its form calls it, and how it is answered. */
export type Lack = { readonly name: string; readonly label: string; readonly how: "fill" | "choose" };

export type Lacks = {
  /** What a field lacks, once somebody tried to send without it. */
  readonly of: (name: string) => string | undefined;
  /** Whether nothing is lacking; shows what is, and goes to the first. */
  readonly none: () => boolean;
};

/** `lacking`: what is not answered yet, in the order of the form. */
export function useLacks(lacking: readonly Lack[]): Lacks {
  const words = useWords(sharedWords).lacks;
  const [tried, setTried] = useState(false);
  return {
    of: (name) => {
      const lack = tried ? lacking.find((one) => one.name === name) : undefined;
      return lack === undefined ? undefined : words[lack.how](lack.label);
    },
    none: () => {
      const [first] = lacking;
      setTried(first !== undefined);
      if (first !== undefined) document.getElementsByName(first.name)[0]?.focus();
      return first === undefined;
    },
  };
}
