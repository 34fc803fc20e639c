/** The frame: who may see what, the way between the sections, and which of them stands open. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, Suspense, lazy, useEffect, useState } from "react";
import { LanguageSwitch } from "../../edge/web/alone.tsx";
import { problemOf } from "../../edge/web/ask.ts";
import { useLanguage, useWords } from "../../edge/web/language.ts";
import { sharedWords } from "../../edge/web/words/shared.ts";
import type { HubMe } from "../api/pages.ts";
import * as api from "./api.ts";
import { Audit } from "./audit.tsx";
import { Contracts } from "./contracts/contracts.tsx";
import { Dead } from "./dead.tsx";
import { Links } from "./links/links.tsx";
import { Operations } from "./operations/operations.tsx";
import { Quarantine } from "./quarantine/quarantine.tsx";
import { MeContext, useDead, useLinks, useMe, usePending, useQuarantine } from "./queries.ts";
import { useShown } from "./parts/shown.ts";
import { Receipts } from "./receipts.tsx";
import { Subjects } from "./subjects/subjects.tsx";
import { type FrameWords, frameWords } from "./words/frame.ts";
import { explainAtHub } from "./words/problems.ts";

/** Fetched when they are opened: they bring the evaluation of bridges and the reading of files with them. */
const Bridges = lazy(async () => ({ default: (await import("./bridges/bridges.tsx")).Bridges }));
const Quality = lazy(async () => ({ default: (await import("./quality/quality.tsx")).Quality }));
const Models = lazy(async () => ({ default: (await import("./models/models.tsx")).Models }));
const Master = lazy(async () => ({ default: (await import("./master/master.tsx")).Master }));

type Section = keyof FrameWords["sections"];
/** In the order in which somebody looks who was woken. `all`: integrators too. */
const SECTIONS: readonly { readonly name: Section; readonly all: boolean; readonly show: (item: string | undefined) => ReactNode }[] = [
  { name: "links", all: true, show: () => <Links /> },
  { name: "operations", all: true, show: () => <Operations /> },
  { name: "dead", all: false, show: () => <Dead /> },
  { name: "contracts", all: true, show: (item) => <Contracts subject={item} /> },
  { name: "bridges", all: true, show: (item) => <Bridges chosen={item} /> },
  { name: "quality", all: true, show: (item) => <Quality subject={item} /> },
  { name: "master", all: false, show: (item) => <Master part={item} /> },
  { name: "models", all: false, show: (item) => <Models chosen={item} /> },
  { name: "quarantine", all: false, show: () => <Quarantine /> },
  { name: "subjects", all: false, show: (item) => <Subjects entity={item} /> },
  { name: "receipts", all: true, show: () => <Receipts /> },
  { name: "audit", all: false, show: () => <Audit /> },
];

export function HubPage() {
  const me = useMe();
  const [out, setOut] = useState(false);
  const words = useWords(frameWords);
  if (out) return <Alone title={words.signedOut} about={words.signedOutWhy} />;
  if (me.error !== null) return <NotIn error={me.error} />;
  if (me.data === undefined)
    return (
      <main className="alone" aria-busy="true">
        {words.loading}
      </main>
    );
  return (
    <MeContext value={me.data}>
      <Frame me={me.data} onOut={() => setOut(true)} />
    </MeContext>
  );
}

function Frame({ me, onOut }: { readonly me: HubMe; readonly onOut: () => void }) {
  const words = useWords(frameWords);
  const { section = "links", item } = useParams({ strict: false });
  const mine = SECTIONS.filter(({ all }) => all || me.role !== "integrator");
  const here = mine.find(({ name }) => name === section);
  const queries = useQueryClient();
  const leave = () =>
    void api.signOut().then(() => {
      queries.clear();
      onOut();
    });
  const badges = [useLinks(), useDead(mine.some(({ name }) => name === "dead")), useQuarantine(mine.some(({ name }) => name === "quarantine"))];
  useShown(".section", section, String(badges.filter(({ isFetched }) => isFetched).length));
  useEffect(() => {
    document.title = here === undefined ? words.title : `${words.sections[here.name]} · ${words.title}`;
  }, [here, words]);
  return (
    <div className="hub-page">
      <a className="skip" href="#content">
        {words.skip}
      </a>
      <header className="bar">
        <img src="/mark.svg" alt="" width="26" height="26" />
        <div className="place">
          <strong>{words.hub}</strong>
          <span className="muted">{words.tenant(me.tenant)}</span>
        </div>
        <span className="grow" />
        <span className="muted who">{me.subject === me.role ? words.roles[me.role] : `${me.subject} · ${words.roles[me.role]}`}</span>
        <LanguageSwitch />
        <Button onClick={leave}>{words.signOut}</Button>
      </header>
      <nav aria-label={words.navigation} className="sections">
        <ul>
          {mine.map(({ name }) => (
            <li key={name}>
              <Link to="/hub/$section" params={{ section: name }} search={{}} className="section" aria-current={name === here?.name ? "page" : undefined}>
                {words.sections[name]}
                <Badge section={name} />
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" tabIndex={-1}>
        {here === undefined ? (
          <p className="none">{words.notFound}</p>
        ) : (
          <Suspense fallback={<p className="none">{words.loading}</p>}>{here.show(item)}</Suspense>
        )}
      </main>
    </div>
  );
}

/** What waits for somebody in a section. */
function Badge({ section }: { readonly section: Section }) {
  switch (section) {
    case "links":
      return <LinksBadge />;
    case "dead":
      return <DeadBadge />;
    case "quarantine":
      return <QuarantineBadge />;
    case "master":
      return <MasterBadge />;
    case "operations":
    case "contracts":
    case "bridges":
    case "quality":
    case "models":
    case "subjects":
    case "receipts":
    case "audit":
      return null;
  }
}

function LinksBadge() {
  const bad = (useLinks().data?.links ?? []).filter(({ state }) => state !== "ok");
  return bad.length === 0 ? null : <b className={bad.some(({ state }) => state === "broken") ? "badge bad" : "badge"}>{bad.length}</b>;
}

function DeadBadge() {
  const count = useDead(true).data?.dead.length ?? 0;
  return count === 0 ? null : <b className="badge">{count}</b>;
}

function QuarantineBadge() {
  const count = (useQuarantine(true).data?.unknown ?? []).filter(({ draft }) => draft === undefined).length;
  return count === 0 ? null : <b className="badge quiet">{count}</b>;
}

function MasterBadge() {
  const count = usePending(true).data?.pending ?? 0;
  return count === 0 ? null : <b className="badge quiet">{count}</b>;
}

function NotIn({ error }: { readonly error: Error }) {
  const language = useLanguage();
  const words = useWords(sharedWords);
  const problem = problemOf(error);
  const { what, mend, detail } = explainAtHub(problem, language);
  if (problem.code === "not-signed-in")
    return (
      <main className="alone">
        {(["zh", "en"] as const).map((one) => (
          <section key={one} lang={one === "zh" ? "zh-CN" : "en"}>
            <h1>{sharedWords[one].openYourLink}</h1>
            <p>{frameWords[one].openYourLinkWhy}</p>
          </section>
        ))}
      </main>
    );
  return (
    <main className="alone" role="alert">
      <section>
        <h1>{what}</h1>
        <p>{mend}</p>
        {detail === "" ? null : <p lang="en">{detail}</p>}
      </section>
      <button type="button" className="plain" onClick={() => location.reload()}>
        {words.retry}
      </button>
    </main>
  );
}

function Alone({ title, about }: { readonly title: string; readonly about: string }) {
  return (
    <main className="alone">
      <section>
        <h1>{title}</h1>
        <p>{about}</p>
      </section>
    </main>
  );
}
