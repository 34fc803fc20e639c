/** A button that changes something: pending until answered, its problem kept until the next try, pressed twice it asks once. */
import { useRef, useState } from "react";
import { problemOf, type Problem } from "./ask.ts";

export type Command = {
  readonly pending: string | null;
  readonly problem: Problem | null;
  readonly run: (name: string, action: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
};

export function useCommand(): Command {
  const [pending, setPending] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const busy = useRef(false);
  const run = async (name: string, action: () => Promise<unknown>): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    setPending(name);
    setProblem(null);
    try {
      await action();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      busy.current = false;
      setPending(null);
    }
  };
  return { pending, problem, run, clear: () => setProblem(null) };
}
