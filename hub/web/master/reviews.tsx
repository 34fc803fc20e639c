/** Pairs that may be one thing, before a person: the evidence, the values that stand, and the two answers. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ReviewView } from "../../master/asked.ts";
import { Answered } from "../parts/section.tsx";
import { WhyButton } from "../parts/why-button.tsx";
import { percentOf } from "../quality/share.ts";
import { masterWords } from "../words/master.ts";
import { decide, useReviews } from "./api.ts";
import { type Choices, ReviewChoices } from "./review-choices.tsx";

/** As the hub has it. */
const WHY_MAX = 200;

export function Reviews() {
  const words = useWords(masterWords);
  const [after, setAfter] = useState("");
  const [told, setTold] = useState("");
  const asked = useReviews(after);
  return (
    <>
      <p className="muted">{words.reviewsWhat}</p>
      <p className="told" role="status">
        {told}
      </p>
      <Answered asked={asked}>
        {({ reviews, pending, next }) => (
          <>
            <p>{reviews.length === 0 ? null : words.pending(countOf(pending))}</p>
            {reviews.length === 0 ? <p className="none">{words.noReviews}</p> : null}
            {reviews.map((review) => (
              <One key={review.id} review={review} tell={setTold} />
            ))}
            {next === null ? null : (
              <div className="acts">
                <Button onClick={() => setAfter(next)}>{words.next} ›</Button>
              </div>
            )}
          </>
        )}
      </Answered>
    </>
  );
}

function One({ review, tell }: { readonly review: ReviewView; readonly tell: (text: string) => void }) {
  const words = useWords(masterWords);
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<Choices>({ survivor: review.survivor, values: {} });
  const again = () => Promise.all(["reviews", "merges", "pending", "entity", "history"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  const merge = (why: string) => {
    const seen = Object.fromEntries(review.members.map(({ id, version }) => [id, version]));
    return decide(review.id, { is: "same", seen, survivor: chosen.survivor, values: { ...chosen.values }, why })
      .then(() => tell(words.merged(chosen.survivor)))
      .then(again);
  };
  const apart = (why: string) =>
    decide(review.id, { is: "distinct", why })
      .then(() => tell(words.apart))
      .then(again);
  return (
    <section className="panel part review" aria-label={review.members.map(({ id }) => id).join(" · ")}>
      <div className="card-row">
        <h2>
          {words.families[review.family]} {review.members.map(({ id }) => id).join(" · ")}
        </h2>
        <span className="chip slow">{words.score(percentOf(review.score))}</span>
      </div>
      <ul className="legend" aria-label={words.evidence}>
        {review.fields.map(({ field, level, bits }) => (
          <li key={field}>
            {wordOf(words.evidenceOf, field)} <span className="muted">{wordOf(words.levels, level)}</span>{" "}
            <b className={bits > 0 ? "good" : "bad"}>{words.bits(`${bits > 0 ? "+" : "−"}${Math.abs(bits).toFixed(1)}`)}</b>
          </li>
        ))}
      </ul>
      <ReviewChoices review={review} chosen={chosen} choose={setChosen} />
      {review.references.length === 0 ? null : <p className="muted">{words.references(countOf(review.references.length))}</p>}
      <div className="acts">
        <WhyButton open={words.same} send={words.sameSend} filled whyMax={WHY_MAX} run={merge} />
        <WhyButton open={words.distinct} send={words.distinctSend} whyMax={WHY_MAX} run={apart} />
      </div>
    </section>
  );
}

/** What a later hub may say stays as it says it. */
function wordOf(words: Readonly<Record<string, string>>, name: string): string {
  return words[name] ?? name;
}
