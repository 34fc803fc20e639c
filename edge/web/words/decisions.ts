/** Reasons of decisions and the figures in them. A code or figure that is not listed shows under its own name. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  codes: {
    "fault-mode-by-evidence": "The fault follows from the channels that gave most of the evidence",
    "fault-mode-by-code": "The machine itself sent a fault code",
    counted: "Signs of the same episode were joined, not repeated",
    stale: "It comes from a backlog",
    promise: "What was promised for this priority",
    "repairs-found": "Repairs of the same machine were looked up",
    kit: "Parts that this fault needs",
    soonest: "Would arrive soonest",
    busy: "Everybody able is being asked about other tickets",
    "off-shift": "Nobody able is on shift",
    "round-over": "Everybody was asked in vain; asked again later",
    "rounds-over": "Everybody was asked in vain; a person must look",
    "no-skill": "Nobody has the skills",
    "answered-after": "The engineer answered",
    "no-answer": "No answer in time",
    "cleared-before-accepted": "The alarm cleared before anybody accepted",
    "cancelled-by-person": "A person cancelled it",
    reported: "The engineer reported it",
    "seen-after": "A person saw it",
  },
  figures: {
    faultMode: "fault", severity: "severity", repeats: "repeats", absorbed: "absorbed", behindMs: "behind", priority: "priority", respondBy: "on site by", resolveBy: "mended by", count: "found", lines: "kinds", pieces: "pieces",
    engineer: "engineer", distanceM: "distance", travelMs: "travel", queueMs: "other work first", ms: "after", afterMs: "after", round: "round", again: "again at", from: "before", score: "score", channel: "channel", share: "share", state: "state",
    reservation: "reservation", depot: "warehouse", attempts: "attempts", missing: "missing", sameFault: "same fault", positionAgeMs: "position age", notChosen: "not chosen", asked: "asked", device: "machine",
  },
  outcomes: {
    raised: "alarm raised", joined: "joined to the alarm", opened: "ticket opened", held: "waits for a person", asked: "asked of the warehouse", none: "nothing needed", offered: "offered", accepted: "accepted", declined: "declined", expired: "not answered", escalated: "a person must look", waits: "waits", reserved: "reserved",
    short: "parts missing", unreachable: "warehouse does not answer", released: "released", travelling: "on the way", working: "working", resolved: "done", acknowledged: "acknowledged", cleared: "cleared", cancelled: "cancelled", kept: "kept open",
  },
  unit: "the unit",
};
export type DecisionWords = Same<typeof en>;

const zh: DecisionWords = {
  codes: {
    "fault-mode-by-evidence": "由证据最多的通道判定故障",
    "fault-mode-by-code": "设备自身发出故障码",
    counted: "同一故障的信号已合并，不重复开单",
    stale: "来自积压数据",
    promise: "该优先级的服务承诺",
    "repairs-found": "已查阅同一设备的维修记录",
    kit: "此故障所需备件",
    soonest: "可最早到达",
    busy: "有能力者均在等其答复其他工单",
    "off-shift": "有能力者均不在班",
    "round-over": "已全部询问未果，稍后重试",
    "rounds-over": "已全部询问未果，需人工处理",
    "no-skill": "无人具备所需技能",
    "answered-after": "工程师已答复",
    "no-answer": "超时未答复",
    "cleared-before-accepted": "接单前告警已解除",
    "cancelled-by-person": "已由人工取消",
    reported: "由工程师报告",
    "seen-after": "已有人查看",
  },
  figures: {
    faultMode: "故障", severity: "严重度", repeats: "重复次数", absorbed: "已吸收", behindMs: "滞后", priority: "优先级", respondBy: "到场时限", resolveBy: "修复时限", count: "条数", lines: "种类", pieces: "件数",
    engineer: "工程师", distanceM: "距离", travelMs: "车程", queueMs: "先完成其他工作", ms: "用时", afterMs: "用时", round: "轮次", again: "再次尝试", from: "此前", score: "评分", channel: "通道", share: "占比", state: "状态",
    reservation: "预留号", depot: "仓库", attempts: "尝试次数", missing: "缺件", sameFault: "同类故障", positionAgeMs: "位置时效", notChosen: "未选中", asked: "已询问", device: "设备",
  },
  outcomes: {
    raised: "已发出告警", joined: "已并入告警", opened: "已开单", held: "等待人工确认", asked: "已向仓库请求", none: "无需操作", offered: "已派单", accepted: "已接受", declined: "已拒绝", expired: "超时未答", escalated: "需人工处理", waits: "等待中", reserved: "已预留",
    short: "缺件", unreachable: "仓库无应答", released: "已释放", travelling: "在途", working: "维修中", resolved: "已完成", acknowledged: "已确认", cleared: "已解除", cancelled: "已取消", kept: "保持打开",
  },
  unit: "单元",
};

export const decisionWords: Dictionary<DecisionWords> = { en, zh };
