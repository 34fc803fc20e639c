/** Words that both pages use: states, steps, skills, and the sentences of an offer's reasons. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  language: "Language",
  openYourLink: "Open your link",
  openYourLinkWhy:
    "This page is for people of the unit. Use the one-time link you were given; it signs this browser in. Ask whoever runs the unit for a new one if yours was used.",
  wrongRole: "Your link opens another page",
  simulated: "simulated",
  loading: "Asking the unit…",
  retry: "Try again",
  now: "now",
  ago: (span: string) => `${span} ago`,
  severity: { low: "low", medium: "medium", high: "high", critical: "critical" },
  ticketState: {
    open: "open",
    offered: "offered",
    assigned: "accepted",
    travelling: "on the way",
    working: "working",
    resolved: "done",
    cancelled: "cancelled",
  },
  kitState: { proposed: "being reserved", reserved: "reserved", short: "parts missing", unreachable: "warehouse does not answer", none: "not reserved here" },
  kitHeld: "waits for the desk",
  offerState: { open: "waiting for an answer", accepted: "accepted", declined: "declined", expired: "not answered in time", withdrawn: "withdrawn" },
  skills: { mechanical: "mechanical", bearings: "bearings", hydraulics: "hydraulics", electrical: "electrical" },
  and: ", ",
  customer: {
    hold: (reason: string, until: string) => (until === "" ? `The customer asks to wait: ${reason}` : `The customer asks to wait until ${until}: ${reason}`),
    appointment: (day: string, from: string, to: string) => `Appointment with the customer: ${day}${from}–${to}`,
  },
  why: {
    near: (distance: string, travel: string) => `${distance} away, about ${travel} by road.`,
    free: "Nothing comes first.",
    queue: (span: string) => `Work already accepted comes first: ${span}.`,
    skills: (skills: string) => `Has what it needs: ${skills}.`,
    noSkills: "Needs no special skill.",
    seen: (age: string) => `Position known ${age}.`,
    home: "Reckoned from home: no recent position.",
  },
  whyNot: {
    "lacks-skill": (skill: string) => `lacks a skill: ${skill}.`,
    "off-shift": (back: string) => (back === "" ? "is off shift." : `is off shift until ${back}.`),
    declined: () => "was asked and declined.",
    "no-answer": () => "was asked and did not answer in time.",
    "has-offer": () => "is being asked about another ticket.",
    later: (by: string, travel: string) => `would arrive ${by} later: ${travel} of travel.`,
    laterQueue: (by: string, travel: string, queue: string) => `would arrive ${by} later: ${travel} of travel after ${queue} of other work.`,
  },
};
export type SharedWords = Same<typeof en>;

const zh: SharedWords = {
  language: "语言",
  openYourLink: "请打开您的专属链接",
  openYourLinkWhy: "本页面仅供本单元人员使用。请打开发给您的一次性链接，浏览器即完成登录；若链接已用过，请向单元管理员索取新的链接。",
  wrongRole: "您的链接对应另一个页面",
  simulated: "模拟数据",
  loading: "正在向单元查询…",
  retry: "重试",
  now: "刚刚",
  ago: (span) => `${span}前`,
  severity: { low: "低", medium: "中", high: "高", critical: "紧急" },
  ticketState: { open: "待派", offered: "已派单", assigned: "已接单", travelling: "在途", working: "维修中", resolved: "已完成", cancelled: "已取消" },
  kitState: { proposed: "预留中", reserved: "已预留", short: "缺件", unreachable: "仓库无应答", none: "未在此预留" },
  kitHeld: "待值班台确认",
  offerState: { open: "等待答复", accepted: "已接受", declined: "已拒绝", expired: "超时未答", withdrawn: "已撤回" },
  skills: { mechanical: "机械", bearings: "轴承", hydraulics: "液压", electrical: "电气" },
  and: "、",
  customer: {
    hold: (reason, until) => (until === "" ? `客户要求暂缓：${reason}` : `客户要求暂缓至 ${until}：${reason}`),
    appointment: (day, from, to) => `客户预约：${day}${from}–${to}`,
  },
  why: {
    near: (distance, travel) => `距离 ${distance}，车程约 ${travel}。`,
    free: "手头没有需先完成的工作。",
    queue: (span) => `需先完成已接的工作：${span}。`,
    skills: (skills) => `具备所需技能：${skills}。`,
    noSkills: "无需特殊技能。",
    seen: (age) => `位置更新：${age}。`,
    home: "暂无最新位置，按驻地估算。",
  },
  whyNot: {
    "lacks-skill": (skill) => `缺少“${skill}”技能。`,
    "off-shift": (back) => (back === "" ? "不在班。" : `不在班，${back} 上班。`),
    declined: () => "已询问，对方拒绝。",
    "no-answer": () => "已询问，超时未答复。",
    "has-offer": () => "正在等其答复另一张工单。",
    later: (by, travel) => `会晚到 ${by}：车程 ${travel}。`,
    laterQueue: (by, travel, queue) => `会晚到 ${by}：先完成其他工作 ${queue}，车程 ${travel}。`,
  },
};

export const sharedWords: Dictionary<SharedWords> = { en, zh };
