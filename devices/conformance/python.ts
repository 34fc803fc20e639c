/** A Python program that answers with the last line it prints, within a time. */
import { spawn } from "node:child_process";

const COMPLAINT_CHARS = 400;

/** `line`: null when it ended, or was ended, without one; `complaint` says why. `code`: its exit code, null when it was ended. */
export type Answer = { readonly line: string | null; readonly code: number | null; readonly complaint: string; readonly out: string };
export type Asked = { readonly cwd: string; readonly withinMs: number; readonly env?: Readonly<Record<string, string>> };

/** Resolves in any case, and leaves neither the program nor what it started. */
export async function answerOf(argv: readonly string[], { cwd, withinMs, env = {} }: Asked): Promise<Answer> {
  // A group of its own, so that what it starts can be ended with it.
  const child = spawn("python3", argv, {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, withinMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      err = error.message;
      resolve(null);
    });
    child.once("close", resolve);
  });
  clearTimeout(timer);
  endGroup(child.pid);
  const line = late || code !== 0 ? null : (out.trim().split("\n").at(-1) ?? null);
  return {
    line: line === "" ? null : line,
    code: late ? null : code,
    complaint: late ? `not ended within ${withinMs / 1_000} s` : err.trim().slice(-COMPLAINT_CHARS),
    out,
  };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody left.
  }
}
