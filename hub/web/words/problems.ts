/** What went wrong, as the hub's pages say it: the codes whose sentence speaks of a unit speak of the hub here. */
import type { Problem } from "../../../edge/web/ask.ts";
import type { Language } from "../../../edge/web/language.ts";
import { explain } from "../../../edge/web/words/problems.ts";

type Said = readonly [what: string, mend: string];
const OWN: Readonly<Record<Language, Partial<Readonly<Record<Problem["code"], Said>>>>> = {
  en: {
    offline: ["The hub did not answer.", "Nothing was changed as far as this page knows. Check the connection and try again."],
    unreadable: ["The hub's answer could not be read.", "Reload the page; if it stays so, page and hub are of different versions."],
    malformed: ["The hub could not read that.", "Mend the field named."],
    exists: ["That exists already.", "Look at what there is."],
    "breaks-contract": ["That breaks the contract.", "Look at each change, or begin a new major with a lens."],
    "quota-exceeded": ["The hub is full.", "Remove something first."],
    "wrong-state": ["That can't be done as things stand.", "See what stands beside, and look at its present state."],
    "needs-person": ["A person has to decide that first.", "See what stands beside."],
    unavailable: ["The hub cannot do that right now.", "Try again in a moment."],
  },
  zh: {
    offline: ["中枢没有应答。", "据本页所知未作任何更改。请检查网络后重试。"],
    unreadable: ["无法读取中枢的答复。", "请刷新页面；若仍如此，页面与中枢版本不一致。"],
    malformed: ["中枢无法读取该内容。", "请修正所指字段。"],
    exists: ["已经存在。", "请查看现有内容。"],
    "breaks-contract": ["不符合契约。", "请查看每项变更，或以透镜开始新的主版本。"],
    "quota-exceeded": ["中枢已满。", "请先移除部分内容。"],
    "wrong-state": ["当前情况下无法执行。", "请看旁边的说明，并查看其当前状态。"],
    "needs-person": ["此事须先由人决定。", "请看旁边的说明。"],
    unavailable: ["中枢暂时无法执行。", "请稍后重试。"],
  },
};

export function explainAtHub(problem: Problem, language: Language): ReturnType<typeof explain> {
  const said = explain(problem, language);
  const [what, mend] = OWN[language][problem.code] ?? [said.what, said.mend];
  return { ...said, what, mend };
}
