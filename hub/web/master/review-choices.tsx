/** Which of two records stays, and which value of each attribute in which they differ. */
import { Radio } from "@mantine/core";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ReviewView } from "../../master/asked.ts";
import { shortValue } from "../operations/value.ts";
import { instantOf } from "../parts/time.ts";
import { masterWords } from "../words/master.ts";

/** `values`: by attribute the place of a choice, or null for none; what is not named is as proposed. */
export type Choices = { readonly survivor: string; readonly values: Readonly<Record<string, number | null>> };
type Props = { readonly review: ReviewView; readonly chosen: Choices; readonly choose: (choices: Choices) => void };

const NONE = "none";

export function ReviewChoices({ review: { id, members, attributes }, chosen, choose }: Props) {
  const words = useWords(masterWords);
  const now = useNow(60_000);
  const differing = attributes.filter(({ choices }) => choices.length > 1);
  const said = attributes.filter(({ choices }) => choices.length === 1);
  const agreed = said.filter(({ choices }) => choices[0]?.from.length === members.length);
  const single = said.filter((one) => !agreed.includes(one));
  return (
    <>
      <Radio.Group name={`survivor ${id}`} label={words.survivor} value={chosen.survivor} onChange={(survivor) => choose({ ...chosen, survivor })}>
        <div className="choices">
          {members.map((member) => (
            <Radio key={member.id} value={member.id} label={member.id} description={words.version(String(member.version))} />
          ))}
        </div>
      </Radio.Group>
      {differing.map(({ attr, choices, proposed }) => {
        const value = chosen.values[attr];
        return (
          <Radio.Group
            key={attr}
            name={`${attr} ${id}`}
            label={words.choose(attr)}
            value={value === null ? NONE : String(value ?? proposed)}
            onChange={(one) => choose({ ...chosen, values: { ...chosen.values, [attr]: one === NONE ? null : Number(one) } })}
          >
            <div className="choices">
              {choices.map(({ value: held, from, by }, i) => (
                <Radio
                  key={String(i)}
                  value={String(i)}
                  label={shortValue(held, attr)}
                  description={by === undefined ? words.together : `${from.join(", ")} · ${words.wrote(by.actor, by.origin, instantOf(by.writtenAt, now))}`}
                />
              ))}
              <Radio value={NONE} label={words.noneOf} />
            </div>
          </Radio.Group>
        );
      })}
      <Listed name={words.agree} attributes={agreed} />
      <Listed name={words.onlyOne} attributes={single} />
    </>
  );
}

function Listed({ name, attributes }: { readonly name: string; readonly attributes: ReviewView["attributes"] }) {
  if (attributes.length === 0) return null;
  return (
    <p className="muted">
      {name}: {attributes.map(({ attr, choices }) => `${attr} ${shortValue(choices[0]?.value, attr)}`).join(" · ")}
    </p>
  );
}
