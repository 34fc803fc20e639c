/** How likely it is that something is wrong, and on how many visits that rests. */
import type { Chance } from "../../../contracts/alarm.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";

export function ChanceLine({ chance: { fault, visits } }: { readonly chance: Chance }) {
  const words = useWords(boardWords).chain;
  return <p className="muted chance">{words.chance(`${Math.round(fault * 100)} %`, visits)}</p>;
}
