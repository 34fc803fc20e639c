/** Words for what a unit finds among its own jobs: earlier ones with like words, and faults that come again. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  similar: "Earlier jobs in like words",
  likeness: (share: string) => `${share} alike`,
  said: "Said",
  cause: "Cause",
  recurring: "Comes again",
  jobs: (n: string, machines: string) => `${n} jobs, ${machines === "1" ? "1 machine" : `${machines} machines`}`,
  since: (first: string, last: string) => `${first} to ${last}`,
  read: (n: string) => `By the words of the latest ${n} jobs.`,
};
export type PastWords = Same<typeof en>;

const zh: PastWords = {
  similar: "描述相近的历史工单",
  likeness: (share) => `相近度 ${share}`,
  said: "报修",
  cause: "原因",
  recurring: "反复出现",
  jobs: (n, machines) => `${n} 单，${machines} 台设备`,
  since: (first, last) => `${first} 至 ${last}`,
  read: (n) => `依据最近 ${n} 张工单的文字。`,
};

export const pastWords: Dictionary<PastWords> = { en, zh };
