/** One thing at a time: the offer that rings, else the job at hand, else calm. */
import { useEffect, useMemo, useState } from "react";
import { Broken, LanguageSwitch } from "../alone.tsx";
import { apiOf } from "../api.ts";
import { useWords } from "../language.ts";
import { phoneWords } from "../words/phone.ts";
import { sharedWords } from "../words/shared.ts";
import { useFeed, type Feed } from "./feed.ts";
import { Along } from "./along.tsx";
import { Away } from "./away.tsx";
import { JobCard, type Job } from "./job.tsx";
import { OfferCard } from "./offer.tsx";
import { ShareSwitch } from "./share.tsx";

const RANK = { working: 0, travelling: 1, assigned: 2, paused: 3 } as const;

export function PhonePage({ unit }: { readonly unit: string }) {
  const api = useMemo(() => apiOf(unit, "phone"), [unit]);
  const feed = useFeed(api, unit);
  const words = useWords(phoneWords);
  const shared = useWords(sharedWords);
  const [closed, setClosed] = useState<string | null>(null);

  const { phone, scenario } = feed;
  const offer = phone?.offers.find(({ state }) => state === "open");
  const ringing = offer?.id;
  useEffect(() => {
    document.title = ringing === undefined ? words.title : `● ${words.newOffer}`;
    if (ringing !== undefined && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([220, 120, 220, 120, 420]);
  }, [ringing, words]);

  if (phone === null || scenario === null) {
    return feed.problem === null ? (
      <main className="alone" aria-busy="true">
        {shared.loading}
      </main>
    ) : (
      <Broken problem={feed.problem} again={() => location.reload()} />
    );
  }
  const jobs = phone.tickets
    .filter((ticket): ticket is Job => ticket.state in RANK && "to" in ticket)
    .filter((ticket) => ticket.to === phone.engineer.id || ticket.helpers?.some(({ engineer }) => engineer === phone.engineer.id) === true)
    .toSorted((a, b) => RANK[a.state] - RANK[b.state]);
  const [job, ...later] = jobs;
  const done = phone.tickets.find(({ id }) => id === closed);
  return (
    <>
      <TopBar name={phone.engineer.name} feed={feed} />
      <main className="phone">
        <h1 className="unseen">{words.title}</h1>
        {offer !== undefined ? (
          <OfferCard key={offer.id} api={api} phone={phone} scenario={scenario} offer={offer} refresh={feed.refresh} />
        ) : job !== undefined && job.to !== phone.engineer.id ? (
          <Along key={job.id} api={api} phone={phone} scenario={scenario} job={job} refresh={feed.refresh} />
        ) : job !== undefined ? (
          <JobCard
            key={`${job.id} ${job.state}`}
            api={api}
            phone={phone}
            scenario={scenario}
            job={job}
            refresh={feed.refresh}
            closed={() => setClosed(job.id)}
          />
        ) : (
          <Calm title={done === undefined ? words.idleTitle : words.doneTitle} why={done === undefined ? words.idleWhy : words.doneWhy} />
        )}
        {offer === undefined && later.length > 0 ? (
          <section className="card">
            <h2>{words.others}</h2>
            <ul className="others">
              {later.map((ticket) => (
                <li key={ticket.id}>
                  <span>{phone.assets.find(({ id }) => id === ticket.asset)?.name ?? ticket.asset}</span>
                  <span className="muted">{shared.ticketState[ticket.state]}</span>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        {offer === undefined ? <Away api={api} engineer={phone.engineer} zone={scenario.timeZone} refresh={feed.refresh} /> : null}
        {offer === undefined && phone.engineer.locatable ? <ShareSwitch api={api} /> : null}
      </main>
    </>
  );
}

function TopBar({ name, feed }: { readonly name: string; readonly feed: Feed }) {
  const words = useWords(phoneWords);
  return (
    <header className="bar">
      <span className="who">{name}</span>
      <span className={feed.live ? "link up" : "link"} role="status">
        {feed.live ? words.connected : words.reconnecting}
      </span>
      <LanguageSwitch />
    </header>
  );
}

function Calm({ title, why }: { readonly title: string; readonly why: string }) {
  return (
    <section className="calm" aria-live="polite">
      <svg viewBox="0 0 120 40" aria-hidden="true">
        <path d="M2 22h30l6-12 10 24 8-18 5 6h57" />
      </svg>
      <h2>{title}</h2>
      <p className="muted">{why}</p>
    </section>
  );
}
