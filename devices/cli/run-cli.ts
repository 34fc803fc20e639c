/** Runs the command line as a process of its own, as people do. Tests only. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../server/paths.ts";

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
export type Run = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first line of standard output that matches; rejects when the command ends before. */
  line(pattern: RegExp): Promise<string>;
  /** The first line on standard error that matches. */
  complaint(pattern: RegExp): Promise<string>;
};

export function startCli(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [join(ROOT, "devices", "cli.ts"), ...argv], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  const looks = new Set<() => void>();
  for (const name of ["out", "err"] as const) {
    (name === "out" ? child.stdout : child.stderr).on("data", (chunk: Buffer) => {
      said[name] += chunk.toString();
      for (const look of looks) look();
    });
  }
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...said })));
  const find = (name: "out" | "err", pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = said[name]
          .split("\n")
          .slice(0, -1)
          .find((line) => pattern.test(line));
        if (found === undefined) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      void ended.then(({ code, err }) => reject(new Error(`ended with ${code}: ${err}`)));
      look();
    });
  return { child, ended, line: (pattern) => find("out", pattern), complaint: (pattern) => find("err", pattern) };
}

export async function runCli(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return await startCli(argv, env).ended;
}
