/** Progress on standard error: a bar on a terminal, plain lines elsewhere. */
import { SingleBar } from "cli-progress";
import { progress } from "./outcome.ts";

export type Bar = { step(done: number, of: number, what: string): void; end(): void };

export function startBar(title: string): Bar {
  if (!process.stderr.isTTY) return { step: (done, of, what) => progress(`${title} ${done}/${of} ${what}`), end: () => undefined };
  const bar = new SingleBar({ format: `${title} [{bar}] {value}/{total} {what}`, stream: process.stderr, hideCursor: true });
  let started = false;
  return {
    step(done, of, what) {
      if (!started) bar.start(of, done, { what });
      else bar.update(done, { what });
      started = true;
    },
    end: () => bar.stop(),
  };
}
