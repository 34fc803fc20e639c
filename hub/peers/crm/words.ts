/** What the CRM's page says, in each language; the compiler finds a missing word. */
export type Language = "en" | "zh";

const en = {
  title: "CRM · service events",
  about: "A reference consumer of the Outpost feed: it keeps its own database and rebuilds every ticket field by field.",
  ticket: "Ticket",
  state: "State",
  priority: "Priority",
  asset: "Asset",
  engineer: "Engineer",
  kit: "Kit",
  opened: "Opened",
  respondBy: "Respond by",
  fault: "Fault",
  unit: "Unit",
  version: "Version",
  lag: "Behind the hub",
  items: "Operations applied",
  repeated: "Repeats absorbed",
  dead: "Dead letters",
  skipped: "Versions skipped",
  cursor: "Cursor",
  feed: "Feed",
  up: "connected",
  down: "away",
  none: "No ticket yet.",
  never: "never",
  open: "open",
  offered: "offered",
  assigned: "assigned",
  travelling: "on the way",
  working: "working",
  resolved: "resolved",
  cancelled: "cancelled",
  proposed: "asked for",
  reserved: "reserved",
  short: "short",
  unreachable: "WMS away",
  "no-kit": "no parts",
} as const;

const zh: Readonly<Record<keyof typeof en, string>> = {
  title: "CRM · 服务事件",
  about: "Outpost 变更流的参考消费者：使用自己的数据库，逐字段还原每张工单。",
  ticket: "工单",
  state: "状态",
  priority: "优先级",
  asset: "设备",
  engineer: "工程师",
  kit: "备件",
  opened: "开单时间",
  respondBy: "响应期限",
  fault: "故障",
  unit: "单元",
  version: "版本",
  lag: "落后于中心",
  items: "已应用变更",
  repeated: "已吸收重复",
  dead: "死信",
  skipped: "跳过的版本",
  cursor: "游标",
  feed: "变更流",
  up: "已连接",
  down: "不可达",
  none: "还没有工单。",
  never: "从未",
  open: "待派",
  offered: "已派出",
  assigned: "已接单",
  travelling: "在途",
  working: "处理中",
  resolved: "已解决",
  cancelled: "已取消",
  proposed: "已申请",
  reserved: "已预留",
  short: "缺件",
  unreachable: "仓库不可达",
  "no-kit": "无需备件",
};

export type Word = keyof typeof en;
export const WORDS: Readonly<Record<Language, Readonly<Record<Word, string>>>> = { en, zh };

/** By the first language that we speak, in the browser's order of preference. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? "").split(",").map((part) => part.trim().toLowerCase());
  return wanted.find((tag) => tag.startsWith("zh") || tag.startsWith("en"))?.startsWith("zh") === true ? "zh" : "en";
}
