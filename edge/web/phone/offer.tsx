/** The offer that rings: what, how long to answer, why you, why not the others, the parts; accept or decline with a reason. */
import { useState } from "react";
import type { Phone } from "../../../contracts/board.ts";
import type { Offer } from "../../../contracts/offer.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Api } from "../api.ts";
import { useNow } from "../clock.ts";
import { CustomerSaid } from "../customer-said.tsx";
import { useCommand, type Command } from "../command.ts";
import { useLacks } from "../lacks.ts";
import { clockOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { whyNotSentence, whySentences } from "../reasons.ts";
import { phoneWords } from "../words/phone.ts";
import { Lacking, marked } from "./lacking.tsx";
import { Deadline, Headline, Parts, Repairs, Trouble } from "./parts.tsx";

type Props = { readonly api: Api; readonly phone: Phone; readonly scenario: Scenario; readonly offer: Offer; readonly refresh: () => Promise<void> };

export function OfferCard({ api, phone, scenario, offer, refresh }: Props) {
  const language = useLanguage();
  const words = useWords(phoneWords);
  const command = useCommand();
  const [declining, setDeclining] = useState(false);
  const ticket = phone.tickets.find(({ id }) => id === offer.ticket);
  // Whatever the answer was, what is true now is asked again: somebody else may have been first.
  const answer = (name: string, action: () => Promise<unknown>) => command.run(name, action).then(refresh);
  return (
    <>
      <section className="card offer">
        <div className="ringing">
          <p className="eyebrow">{words.newOffer}</p>
          <Countdown offer={offer} />
        </div>
        {ticket === undefined ? null : <Headline ticket={ticket} asset={phone.assets.find(({ id }) => id === ticket.asset)} scenario={scenario} />}
        {ticket === undefined ? null : <CustomerSaid ticket={ticket} zone={scenario.timeZone} />}
        {ticket === undefined ? null : (
          <div className="deadlines">
            <Deadline label={words.respondBy} by={ticket.respondBy} zone={scenario.timeZone} />
            <Deadline label={words.resolveBy} by={ticket.resolveBy} zone={scenario.timeZone} />
          </div>
        )}
      </section>
      <section className="card">
        <h2>{words.whyYou}</h2>
        <ul className="why">
          {whySentences(offer.because, language).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {offer.notChosen.length === 0 ? null : (
          <>
            <h3>{words.whyNotOthers}</h3>
            <ul className="why-not">
              {offer.notChosen.map((one) => (
                <li key={one.engineer}>
                  <strong>{phone.names[one.engineer] ?? one.engineer}</strong> {whyNotSentence(one, language, scenario.timeZone)}
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <Parts api={api} phone={phone} zone={scenario.timeZone} kit={phone.kits.find((kit) => kit.ticket === offer.ticket)} />
      {ticket === undefined ? null : <Repairs ticket={ticket} scenario={scenario} />}
      <footer className="answer">
        <Trouble problem={command.problem} />
        {declining ? (
          <DeclineForm command={command} back={() => setDeclining(false)} send={(reason) => void answer("decline", () => api.decline(offer.id, reason))} />
        ) : (
          <div className="buttons">
            <button type="button" className="quiet" disabled={command.pending !== null} onClick={() => setDeclining(true)}>
              {words.decline}
            </button>
            <button type="button" className="main" disabled={command.pending !== null} onClick={() => void answer("accept", () => api.accept(offer.id))}>
              {command.pending === "accept" ? words.accepting : words.accept}
            </button>
          </div>
        )}
      </footer>
    </>
  );
}

/** Circumference of the ring: radius 34. */
const AROUND = 2 * Math.PI * 34;

function Countdown({ offer }: { readonly offer: Offer }) {
  const words = useWords(phoneWords);
  const now = useNow(250);
  const left = Math.max(0, offer.expiresAt - now);
  const share = left / Math.max(1, offer.expiresAt - offer.madeAt);
  return (
    <div className="countdown" role="timer" aria-label={`${clockOf(left)} ${words.answerWithin}`}>
      <svg viewBox="0 0 80 80" aria-hidden="true">
        <circle className="pulse" cx="40" cy="40" r="34" />
        <circle className="track" cx="40" cy="40" r="34" />
        <circle className="left" cx="40" cy="40" r="34" strokeDasharray={AROUND} strokeDashoffset={AROUND * (1 - Math.min(1, share))} />
      </svg>
      <span>
        <strong>{clockOf(left)}</strong>
        <small>{words.answerWithin}</small>
      </span>
    </div>
  );
}

function DeclineForm({ command, back, send }: { readonly command: Command; readonly back: () => void; readonly send: (reason: string) => void }) {
  const words = useWords(phoneWords);
  const reasons = Object.values(words.declineReasons);
  const [chosen, setChosen] = useState<string | null>(null);
  const [other, setOther] = useState("");
  const reason = chosen ?? other.trim();
  const lacks = useLacks(reason === "" ? [{ name: "reason", label: words.declineWhy, how: "choose" }] : []);
  return (
    <form
      className="decline"
      onSubmit={(event) => {
        event.preventDefault();
        if (lacks.none()) send(reason);
      }}
    >
      <fieldset>
        <legend>{words.declineWhy}</legend>
        {reasons.map((text) => (
          <label key={text} className={chosen === text ? "choice chosen" : "choice"}>
            <input type="radio" name="reason" {...marked("reason", lacks)} checked={chosen === text} onChange={() => setChosen(text)} />
            {text}
          </label>
        ))}
        <label className="other">
          <span className="unseen">{words.declineOther}</span>
          <input
            type="text"
            maxLength={200}
            placeholder={words.declineOther}
            value={other}
            onFocus={() => setChosen(null)}
            onChange={(event) => setOther(event.target.value)}
          />
        </label>
        <Lacking name="reason" lacks={lacks} />
      </fieldset>
      <div className="buttons">
        <button type="button" className="quiet" onClick={back}>
          {words.back}
        </button>
        <button type="submit" className="main danger" disabled={command.pending !== null}>
          {command.pending === "decline" ? words.declining : words.declineSend}
        </button>
      </div>
    </form>
  );
}
