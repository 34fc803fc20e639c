/** Words of what a scan finds: what was seen, and what to do about it. */
import type { Dictionary } from "../../../edge/web/language.ts";
import type { Code } from "../../quality/finding.ts";
import type { Said } from "./quality.ts";

type ScanWords = Readonly<Record<Code, (said: Said) => readonly [seen: string, todo: string]>>;

const en: ScanWords = {
  "never-filled": ({ v }) => [`None of ${v("entities")} has it.`, "Deprecate it, and leave it out later."],
  "rarely-filled": ({ v }) => [`${v("filled")} of ${v("entities")} have it.`, "Ask who fills it, or deprecate it."],
  "not-written-lately": ({ v }) => [`Nobody wrote it for ${v("days")} days.`, "Ask who owned it, or deprecate it."],
  "never-read": () => ["No rule, model, bridge or consumer reads it.", "Show it to somebody, or deprecate it."],
  constant: ({ v }) => [`Every value is “${v("value")}”.`, "Say it in the contract as a constant, or leave it out."],
  "mixed-types": ({ v }) => [`Values of several types: ${v("types")}.`, "Make a field of each meaning, or name one type."],
  "mixed-forms": ({ v }) => [`Texts of several forms: ${v("forms")}.`, "Give what is written as a code or a date a field of its own."],
  "mixed-uom": ({ v, s }) => [
    `Two groups of numbers: ${s("share")} as if in ${v("uom")}, not in ${v("declared")}.`,
    "Find the senders of it, and convert at the door.",
  ],
  "catch-all": ({ v, s }) => [`${s("share")} are “${v("value")}”.`, "Give what people mean by it values of their own."],
  "numbers-as-text": ({ s }) => [`${s("share")} of its texts are numbers.`, "Make it a number with a uom."],
  "no-description": () => ["No description.", "Say in one sentence what it holds and who fills it."],
  "no-meaning": ({ v }) => [`No meaning is given for ${v("values")}.`, "Say in x-meaning what each value means."],
  "no-uom": () => ["A number without a uom.", "Name its UCUM code in x-uom; 1 for a plain count."],
  "no-purpose": () => ["A personal value without a purpose.", "Say in x-purpose what it may be used for, or do not collect it."],
  "no-owner": () => ["Nobody owns it.", "Name who answers for it in x-owner."],
  "no-promises": () => ["No quality is promised.", "Promise freshness, completeness and validity in x-quality."],
  "same-values": ({ v }) => [`Holds the same values as ${v("twin")}.`, "Keep one of the two, or say what differs."],
};

const zh: ScanWords = {
  "never-filled": ({ v }) => [`${v("entities")} 个实体均未填写。`, "建议弃用，日后移除。"],
  "rarely-filled": ({ v }) => [`${v("entities")} 个实体中仅 ${v("filled")} 个填写。`, "请询问由谁填写，或弃用。"],
  "not-written-lately": ({ v }) => [`已 ${v("days")} 天无人写入。`, "请询问原负责人，或弃用。"],
  "never-read": () => ["没有规则、模型、语义桥或消费者读取。", "请让人用起来，或弃用。"],
  constant: ({ v }) => [`所有值都是“${v("value")}”。`, "请在契约中声明为常量，或移除。"],
  "mixed-types": ({ v }) => [`值有多种类型：${v("types")}。`, "请按含义拆成多个字段，或只保留一种类型。"],
  "mixed-forms": ({ v }) => [`文本有多种形式：${v("forms")}。`, "请为代码或日期另设字段。"],
  "mixed-uom": ({ v, s }) => [`数值分为两组：${s("share")} 看似以 ${v("uom")} 而非 ${v("declared")} 计。`, "请找出发送方，在入口换算。"],
  "catch-all": ({ v, s }) => [`${s("share")} 的值是“${v("value")}”。`, "请了解其所指，为常见情形设立专门的值。"],
  "numbers-as-text": ({ s }) => [`${s("share")} 的文本其实是数字。`, "请改为带计量单位的数字。"],
  "no-description": () => ["没有说明。", "请用一句话说明其内容及由谁填写。"],
  "no-meaning": ({ v }) => [`未说明 ${v("values")} 的含义。`, "请在 x-meaning 中说明每个值。"],
  "no-uom": () => ["数字没有计量单位。", "请在 x-uom 中写明 UCUM 代码；计数用 1。"],
  "no-purpose": () => ["个人信息没有用途。", "请在 x-purpose 中写明用途，或不再收集。"],
  "no-owner": () => ["没有负责人。", "请在 x-owner 中写明由谁负责。"],
  "no-promises": () => ["没有质量承诺。", "请在 x-quality 中承诺时效、完整与有效。"],
  "same-values": ({ v }) => [`与 ${v("twin")} 的值相同。`, "请保留其一，或说明区别。"],
};

export const scanWords: Dictionary<ScanWords> = { en, zh };
