/** What must be ended before the process may go, in the reverse order of its start. Signals and the end of the command both come here. */

/** Exit code of a process that a signal ended is 128 plus its number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** A closer that hangs must not hold the terminal. */
const CLOSE_MS = 10_000;

export type Closing = {
  /** Runs before everything that was added earlier. */
  add(close: () => Promise<unknown> | void): void;
  /** Ends everything, once; later calls wait for the first. */
  close(): Promise<void>;
  /** From now on a signal closes and exits: 0 when `graceful`, for servers, whose only end this is. */
  onSignals(graceful: boolean): void;
};

export function startClosing(): Closing {
  const closers: (() => Promise<unknown> | void)[] = [];
  let ended: Promise<void> | null = null;
  async function end(): Promise<void> {
    for (const close of closers.toReversed()) {
      await Promise.race([Promise.resolve(close()).catch(() => undefined), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    }
  }
  const close = () => (ended ??= end());
  return {
    add: (one) => void closers.push(one),
    close,
    onSignals(graceful) {
      for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => void close().then(() => process.exit(graceful ? 0 : 128 + number)));
    },
  };
}
