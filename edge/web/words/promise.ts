/** Words of a ticket's promise: which agreement, why, who pays, whether it will be kept. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  title: "Promise",
  own: "The site's own promise: no agreement covers this machine",
  ownShort: "the site's own",
  kind: { warranty: "warranty", service: "service agreement", none: "no service agreed" },
  pays: "Who pays",
  items: { parts: "parts", labour: "labour", travel: "travel" },
  payers: { customer: "customer", provider: "we do", manufacturer: "manufacturer", insurer: "insurer" },
  counts: "This visit counts among those of the year.",
  hours: (title: string, zone: string) => `Counted in ${title} (${zone})`,
  calendarLost: (id: string) => `The calendar ${id} is not here: counted around the clock`,
  stopped: (reason: string, since: string) => `The clock stands still since ${since}: ${reason}`,
  stops: { parts: "parts are not here", customer: "the customer wants it to wait", access: "no access", "end-of-shift": "end of the shift", done: "done" },
  promises: { respond: "on site", resolve: "mended" },
  severity: { safe: "will be kept", "at-risk": "at risk", "will-breach": "will be missed", breached: "missed" },
  forecast: (what: string, severity: string, by: string) => `${what} by ${by}: ${severity}`,
  chance: (percent: string, expected: string) => `${percent} % chance to miss it, expected ${expected}`,
  why: "Why",
  reasons: {
    chosen: (title: string) => `${title} fits best.`,
    "less-specific": (title: string) => `${title} fits too, but less closely.`,
    "not-begun": (title: string) => `${title} had not begun.`,
    expired: (title: string) => `${title} had ended.`,
    "excluded-fault": (title: string) => `${title} leaves this fault out.`,
    "excluded-cause": (title: string) => `${title} leaves this cause out.`,
    "depends-on-cause": (title: string, cause: string) => `${title} does not pay if the cause is “${cause}”.`,
    "visits-used": (title: string) => `The year's visits of ${title} are used up.`,
    response: (title: string) => `How soon somebody comes is as ${title} says.`,
    "own-response": () => "How soon somebody comes is as the site promises.",
  },
};
type Words = Same<typeof en>;

const zh: Words = {
  title: "服务承诺",
  own: "现场默认承诺：该设备没有适用的服务协议",
  ownShort: "现场默认",
  kind: { warranty: "质保", service: "服务协议", none: "未约定服务" },
  pays: "费用承担",
  items: { parts: "备件", labour: "人工", travel: "差旅" },
  payers: { customer: "客户", provider: "我方", manufacturer: "制造商", insurer: "保险公司" },
  counts: "本次上门计入年度次数。",
  hours: (title, zone) => `按“${title}”计时（${zone}）`,
  calendarLost: (id) => `本地没有日历 ${id}：按全天候计时`,
  stopped: (reason, since) => `自 ${since} 起停止计时：${reason}`,
  stops: { parts: "缺少备件", customer: "客户要求暂缓", access: "无法进入现场", "end-of-shift": "班次结束", done: "已完成" },
  promises: { respond: "到场", resolve: "修复" },
  severity: { safe: "可按时完成", "at-risk": "有违约风险", "will-breach": "预计违约", breached: "已违约" },
  forecast: (what, severity, by) => `${what}期限 ${by}：${severity}`,
  chance: (percent, expected) => `违约概率 ${percent}%，预计 ${expected}`,
  why: "原因",
  reasons: {
    chosen: (title) => `“${title}”最为匹配。`,
    "less-specific": (title) => `“${title}”也适用，但不够具体。`,
    "not-begun": (title) => `“${title}”尚未生效。`,
    expired: (title) => `“${title}”已到期。`,
    "excluded-fault": (title) => `“${title}”不包含此故障。`,
    "excluded-cause": (title) => `“${title}”不包含此原因。`,
    "depends-on-cause": (title, cause) => `若原因为“${cause}”，“${title}”不承担费用。`,
    "visits-used": (title) => `“${title}”的年度上门次数已用完。`,
    response: (title) => `响应时限依据“${title}”。`,
    "own-response": () => "响应时限依据现场默认承诺。",
  },
};

export const promiseWords: Dictionary<Words> = { en, zh };
