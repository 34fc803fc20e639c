/** What went wrong and what to do about it, for every code that a unit can answer with. The unit's own rule and mend, where given, are in English and stand beside. */
import type { RefusalCode } from "../../../contracts/refusal.ts";
import type { Problem } from "../ask.ts";
import type { Dictionary } from "../language.ts";

type Code = RefusalCode | "offline" | "unreadable";
type ProblemWords = Readonly<Record<Code, readonly [what: string, mend: string]>>;

const en: ProblemWords = {
  offline: ["The unit did not answer.", "Nothing was changed as far as this page knows. Check the connection and try again: asking twice does no harm."],
  unreadable: ["The unit's answer could not be read.", "Reload the page; if it stays so, page and unit are of different versions."],
  malformed: ["The unit could not read the request.", "Reload the page and try again."],
  "unknown-unit": ["There is no such unit.", "Check the address of the page."],
  "unknown-device": ["The unit has no such device.", "Choose another device."],
  "unknown-asset": ["The unit has no such asset.", "Reload the page."],
  "unknown-ticket": ["The unit has no such ticket.", "It may belong to another unit: check the link."],
  "unknown-offer": ["The unit has no such offer.", "Reload the page: another one may be waiting."],
  "unknown-engineer": ["The unit has no such engineer.", "Ask whoever runs the unit."],
  "unknown-model": ["The unit has no such model.", "Upload it first."],
  "unknown-alarm": ["The unit has no such alarm.", "Reload the page."],
  "unknown-template": ["There is no such template.", "Choose one that is listed."],
  exists: ["That exists already.", "Choose another name."],
  "not-permitted": ["Your role may not do this.", "Ask somebody of the operations desk."],
  "not-signed-in": ["This browser is not signed in.", "Open your link."],
  "too-large": ["That is too large.", "Send less at once."],
  "too-many": ["That is too much at once.", "Wait a moment and try again."],
  "breaks-contract": ["That breaks the contract of the unit.", "Mend the field named."],
  "wrong-state": ["It has moved on in the meantime.", "Look at its present state."],
  "not-yours": ["This went to somebody else.", "Only the person asked can answer."],
  "too-late": ["The time to answer has passed.", "The next engineer is being asked; a new offer may come."],
  "wrong-unit": ["That belongs to another unit.", "Open it there."],
  gap: ["Something in between is missing.", "It is sent again by itself."],
  "stale-version": ["Somebody changed it first.", "Look at its present state and try again."],
  "quota-exceeded": ["The unit is full.", "Remove something first or raise the quota."],
  "bad-model": ["The model cannot be used.", "Check the file."],
  "not-better": ["It has not shown itself to be better than the live model.", "Let it watch longer, or end it."],
  "unfit-contract": ["The contracts do not fit.", "Compare the versions."],
  "unknown-contract": ["The hub has no such contract, version, draft or bridge.", "Choose one that is listed."],
  "unknown-entity": ["The hub has nothing of that id.", "Check its name and its id."],
  unmapped: ["The other system has no word for that.", "Add it to the bridge."],
  "not-equivalent": ["The systems do not mean the same by it.", "Count them apart, or declare in the bridge what they share."],
  "unknown-origin": ["The hub does not know this unit.", "Register it first."],
  "unknown-link": ["The hub has no such webhook, consumer or connector.", "Choose one that is listed."],
  "forbidden-address": ["The hub does not send to that address.", "Give a public https address."],
  "bad-cursor": ["That place in the feed is not known.", "Start again from the beginning."],
  "steps-open": ["Steps of the checklist are open.", "Do and tick the steps named first."],
  incomplete: ["The report is not complete.", "Add what is named: the next engineer reads it."],
  "crew-missing": ["Not everybody this visit needs is here.", "Wait for those named, or ask the desk to send somebody else."],
  "children-open": ["Parts of this job are not done.", "Finish the tickets named first."],
  "needs-person": ["This step waits for a person.", "Confirm it on the board."],
  unavailable: ["The unit cannot do that right now.", "Try again in a moment."],
};

const zh: ProblemWords = {
  offline: ["单元没有应答。", "据本页所知未作任何更改。请检查网络后重试，重复提交不会有副作用。"],
  unreadable: ["无法读取单元的答复。", "请刷新页面；若仍如此，页面与单元版本不一致。"],
  malformed: ["单元无法读取该请求。", "请刷新页面后重试。"],
  "unknown-unit": ["没有这个单元。", "请检查页面地址。"],
  "unknown-device": ["单元中没有该设备。", "请选择其他设备。"],
  "unknown-asset": ["单元中没有该资产。", "请刷新页面。"],
  "unknown-ticket": ["单元中没有该工单。", "它可能属于其他单元，请检查链接。"],
  "unknown-offer": ["单元中没有该派单。", "请刷新页面，可能有新的派单。"],
  "unknown-engineer": ["单元中没有该工程师。", "请联系单元管理员。"],
  "unknown-model": ["单元中没有该模型。", "请先上传。"],
  "unknown-alarm": ["单元中没有该告警。", "请刷新页面。"],
  "unknown-template": ["没有这个模板。", "请选择列表中的模板。"],
  exists: ["已经存在。", "请换一个名称。"],
  "not-permitted": ["您的角色无权执行此操作。", "请联系运维值班人员。"],
  "not-signed-in": ["此浏览器尚未登录。", "请打开您的专属链接。"],
  "too-large": ["内容过大。", "请减少一次发送的内容。"],
  "too-many": ["请求过多。", "请稍候再试。"],
  "breaks-contract": ["不符合单元的数据契约。", "请修正所指字段。"],
  "wrong-state": ["其状态已发生变化。", "请查看当前状态。"],
  "not-yours": ["这是派给他人的。", "只有被询问的人可以答复。"],
  "too-late": ["已过答复时限。", "正在询问下一位工程师，您可能会收到新的派单。"],
  "wrong-unit": ["它属于另一个单元。", "请在该单元中打开。"],
  gap: ["中间有缺失。", "系统会自动重发。"],
  "stale-version": ["已有他人先行修改。", "请查看当前状态后重试。"],
  "quota-exceeded": ["单元已满。", "请先移除部分内容或提高配额。"],
  "bad-model": ["该模型不可用。", "请检查文件。"],
  "not-better": ["尚未证明它优于当前模型。", "让它继续旁路观察,或结束试用。"],
  "unfit-contract": ["契约不匹配。", "请比较版本。"],
  "unknown-contract": ["中枢没有该契约、版本、草稿或语义桥。", "请选择列表中的一项。"],
  "unknown-entity": ["中枢没有该对象的记录。", "请检查其名称与编号。"],
  unmapped: ["对方系统没有与之对应的值。", "请在语义桥中补充映射。"],
  "not-equivalent": ["两个系统所指含义不同。", "请分开统计，或在语义桥中声明其共同部分。"],
  "unknown-origin": ["中枢不认识该单元。", "请先注册。"],
  "unknown-link": ["中枢没有该 Webhook、消费者或连接器。", "请选择列表中的一项。"],
  "forbidden-address": ["中枢不会向该地址发送。", "请提供公网 https 地址。"],
  "bad-cursor": ["未知的数据位置。", "请从头开始。"],
  "steps-open": ["检查清单尚有未完成步骤。", "请先完成并勾选所列步骤。"],
  incomplete: ["报告不完整。", "请补充所列内容，下一位工程师会看到。"],
  "crew-missing": ["所需人员尚未到齐。", "请等待所列人员，或请值班台另派他人。"],
  "children-open": ["此工单的子工单尚未完成。", "请先完成所列工单。"],
  "needs-person": ["此步骤需人工确认。", "请在看板上确认。"],
  unavailable: ["单元暂时无法执行。", "请稍后重试。"],
};

const problemWords: Dictionary<ProblemWords> = { en, zh };

/** Fields that people fill in, as their forms call them; and what to do where one of them is the trouble. */
const fieldsEn = {
  words: "What is to be done",
  why: "Why",
  reason: "Reason",
  note: "Note",
  from: "From",
  until: "Until",
  arriveAt: "When you will be there",
  asset: "Machine",
  faultMode: "Fault",
  priority: "Priority",
  crew: "Engineers needed",
  cause: "Cause",
  causeCode: "Kind of cause",
  finding: "What you found",
  action: "What you did",
  followUp: "Second visit",
  partsUsed: "Parts used",
  photos: "Photographs",
  checklist: "Checklist",
  shifts: "Shifts",
  absences: "Absences",
};
const fieldWords: Dictionary<Readonly<Record<keyof typeof fieldsEn, string>>> = {
  en: fieldsEn,
  zh: {
    words: "需要做什么",
    why: "原因",
    reason: "理由",
    note: "备注",
    from: "开始",
    until: "结束",
    arriveAt: "到达时间",
    asset: "设备",
    faultMode: "故障",
    priority: "优先级",
    crew: "所需工程师人数",
    cause: "故障原因",
    causeCode: "原因类别",
    finding: "检查结果",
    action: "处理方法",
    followUp: "再次上门",
    partsUsed: "已用备件",
    photos: "照片",
    checklist: "检查清单",
    shifts: "班次",
    absences: "离岗",
  },
};
const fieldMend: Dictionary<(field: string) => string> = {
  en: (field) => `“${field}” does not fit its rule: change it and try again.`,
  zh: (field) => `“${field}”不符合规则，请修改后重试。`,
};

/** What, what to do, and the unit's own words where they say more. */
export function explain(problem: Problem, language: "zh" | "en"): { readonly what: string; readonly mend: string; readonly detail: string } {
  const [what, usual] = problemWords[language][problem.code];
  const field = fieldOf(problem, language);
  const mend = field === undefined ? usual : problem.code === "malformed" ? fieldMend[language](field) : `${field}${language === "zh" ? "：" : ": "}${usual}`;
  const detail = [problem.field, problem.rule, problem.mend].filter((part) => part !== undefined && part !== "").join(" · ");
  return { what, mend, detail };
}

/** `partsUsed.0.quantity` is of the field that it stands in. */
function fieldOf({ field = "" }: Problem, language: "zh" | "en"): string | undefined {
  const names: Readonly<Record<string, string>> = fieldWords[language];
  return names[field.split(".")[0] ?? ""];
}
