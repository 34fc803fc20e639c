/** What the page shows, kept current: asked once, and again whenever the live socket says that something of it changed. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Phone } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Api } from "../api.ts";
import { problemOf, type Problem } from "../ask.ts";
import { listen } from "../live.ts";

/** Without a live socket, how often to ask. */
const POLL_MS = 5_000;

export type Feed = {
  readonly phone: Phone | null;
  readonly scenario: Scenario | null;
  readonly problem: Problem | null;
  readonly live: boolean;
  readonly refresh: () => Promise<void>;
};

export function useFeed(api: Api, unit: string): Feed {
  const [phone, setPhone] = useState<Phone | null>(null);
  const [scenario, setScenario] = useState<Scenario | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [live, setLive] = useState(false);
  const asked = useRef(0);

  const refresh = useCallback(async () => {
    const turn = ++asked.current;
    try {
      const answer = await api.phone();
      // An answer that was overtaken by a later one says nothing.
      if (turn === asked.current) {
        setPhone(answer);
        setProblem(null);
      }
    } catch (error) {
      if (turn === asked.current) setProblem(problemOf(error));
    }
  }, [api]);

  useEffect(() => {
    const wrong = (error: unknown) => setProblem(problemOf(error));
    api.phone().then(setPhone, wrong);
    api.scenario().then(setScenario, wrong);
  }, [api]);

  const signedIn = phone !== null;
  useEffect(() => {
    if (!signedIn) return;
    return listen(unit, "phone", {
      opened: () => {
        setLive(true);
        void refresh();
      },
      closed: () => setLive(false),
      missed: () => void refresh(),
      changed: (changes) => {
        if (changes.some(({ family }) => family !== "position" && family !== "device")) void refresh();
      },
    });
  }, [signedIn, unit, refresh]);

  useEffect(() => {
    if (live || !signedIn) return;
    const timer = setInterval(() => void refresh(), POLL_MS);
    return () => clearInterval(timer);
  }, [live, signedIn, refresh]);

  return { phone, scenario, problem, live, refresh };
}
