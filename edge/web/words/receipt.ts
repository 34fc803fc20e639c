/** Words of a convergence receipt, on the unit's board and on the hub's page. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  drill: "outage drill",
  away: "away",
  back: "back",
  converged: "in step",
  awayFor: (span: string) => `away for ${span}`,
  caughtUpIn: (span: string) => `caught up in ${span}`,
  sent: "operations sent",
  heard: "changes heard",
  conflicts: "conflicts",
  dead: "dead letters",
  lost: "lost",
  digests: "Digests of both sides",
  stream: "Stream",
  ours: "unit",
  theirs: "hub",
  equal: "equal",
  differ: "differ",
  streams: { tickets: "tickets", assets: "assets", customers: "customers", people: "people" },
  allEqual: "Both sides hold the same.",
  notEqual: "Both sides differ; the unit goes on repairing.",
  how: {
    theirs: "the hub's value stands",
    both: "both values are kept until a person chooses",
    merged: "made one value of both",
  },
  howEach: "Conflicts, and how each was resolved",
  more: (n: string) => `${n} more of the same absence are in the log.`,
};
export type ReceiptWords = Same<typeof en>;

const zh: ReceiptWords = {
  drill: "断网演练",
  away: "失联",
  back: "恢复",
  converged: "一致",
  awayFor: (span) => `失联 ${span}`,
  caughtUpIn: (span) => `${span}后一致`,
  sent: "送出操作",
  heard: "收到变更",
  conflicts: "冲突",
  dead: "死信",
  lost: "丢失",
  digests: "两侧摘要",
  stream: "流",
  ours: "单元",
  theirs: "中枢",
  equal: "一致",
  differ: "不一致",
  streams: { tickets: "工单", assets: "资产", customers: "客户", people: "人员" },
  allEqual: "两侧内容完全一致。",
  notEqual: "两侧尚不一致，单元正在继续修复。",
  how: { theirs: "以中枢的值为准", both: "两个值均保留，待人工选择", merged: "合并为一个值" },
  howEach: "冲突及其解决方式",
  more: (n) => `本次失联另有 ${n} 项冲突，见日志。`,
};

export const receiptWords: Dictionary<ReceiptWords> = { en, zh };
