/** Words of the roster: gaps of the coming weeks, shifts that would close them. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  button: "Roster…",
  title: "Roster of the coming two weeks",
  share: (before: string, after: string, hours: string) => `Answered within ${hours} h: ${before} as the shifts are, ${after} with what is proposed.`,
  shareNow: (now: string, hours: string) => `Answered within ${hours} h: ${now}, as the shifts are.`,
  gaps: "Jobs that would wait too long",
  noGaps: "No job would wait too long.",
  more: (n: string) => `and ${n} more`,
  cause: { "nobody-has-skills": "nobody has all the skills", "nobody-on-duty": "nobody who could is on duty", overload: "more work than hours" },
  proposals: "Shifts that would close them",
  none: "No shift that keeps the working-time rules would close more.",
  onCall: "on call",
  accept: (n: string) => (n === "1" ? "Accept this shift" : `Accept these ${n} shifts`),
  acceptWhy: "Dispatch goes by them at once.",
  because: (skills: string, cause: string) => `${skills}: ${cause}`,
  accepted: "Accepted shifts",
  history: "What was changed, and by whom",
  told: {
    "shifts-accepted": (name: string) => `Accepted for ${name}:`,
    "shift-taken-back": (name: string) => `Taken back from ${name}:`,
  },
  begun: "has begun",
  drop: "Take back",
  dropOf: (name: string, span: string) => `Take back the shift of ${name}, ${span}`,
};
type Words = Same<typeof en>;

const zh: Words = {
  button: "排班…",
  title: "未来两周排班",
  share: (before, after, hours) => `${hours} 小时内响应：现有班次 ${before}，采纳建议后 ${after}。`,
  shareNow: (now, hours) => `${hours} 小时内响应：现有班次 ${now}。`,
  gaps: "等待过久的时段",
  noGaps: "没有等待过久的任务。",
  more: (n) => `另有 ${n} 处`,
  cause: { "nobody-has-skills": "无人具备全部技能", "nobody-on-duty": "有能力者均不在岗", overload: "工作量超过工时" },
  proposals: "可补足的班次",
  none: "在工时规则之内，没有班次能再补足。",
  onCall: "待命",
  accept: (n) => `采纳 ${n} 个班次`,
  acceptWhy: "派单立即按此执行。",
  because: (skills, cause) => `${skills}：${cause}`,
  accepted: "已采纳的班次",
  history: "变更记录",
  told: {
    "shifts-accepted": (name) => `为${name}采纳：`,
    "shift-taken-back": (name) => `撤回${name}的班次：`,
  },
  begun: "已开始",
  drop: "撤回",
  dropOf: (name, span) => `撤回${name}的班次，${span}`,
};

export const rosterWords: Dictionary<Words> = { en, zh };
