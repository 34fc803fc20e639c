/** Why an operation was buried or lost, as people read it: the log says `{code}` or `{code}: {field}`, which stands beside. */
import type { Dictionary, Language } from "../../../edge/web/language.ts";

type Said = readonly [what: string, mend: string];
type Code =
  | "not-registered"
  | "unknown-entity"
  | "unknown-field"
  | "breaks-contract"
  | "not-writer"
  | "not-yours"
  | "version-never-given"
  | "no-counterpart"
  | "too-large"
  | "malformed"
  | "waits"
  | "gap"
  | "too-many-attributes"
  | "too-many-units"
  | "too-many-conflicts"
  | "unmergeable"
  | "not-a-number"
  | "beyond-all-numbers"
  | "counters-only-count"
  | "not-a-set"
  | "sets-only-grow"
  | "older"
  | "other-side-wins"
  | "unseen"
  | "not-beyond"
  | "nothing-new"
  | "deleted"
  | "erased"
  | "never-seen"
  | "conflict-kept-both";

const en: Readonly<Record<Code, Said>> = {
  "not-registered": ["No contract of that name was registered by its sender.", "Publish the contract and let the unit register with it, then redeliver."],
  "unknown-entity": ["It belongs to another stream.", "Mend the sender."],
  "unknown-field": ["The contract does not name the field.", "Propose it in quarantine and publish, then redeliver."],
  "breaks-contract": ["The value does not fit the contract.", "Mend the value at its sender, or the contract, then redeliver."],
  "not-writer": ["This side may not write the field.", "Discard it, or change who writes in the contract."],
  "not-yours": ["It is about what another unit made, or what this unit has not joined.", "Discard it, and look at why the unit wrote it."],
  "version-never-given": ["It says that it saw a version that was never given out; it was taken as having seen none.", "Look at the sender."],
  "no-counterpart": ["The newer version of the contract has no counterpart for it.", "Mend the lens of the contract, then redeliver."],
  "too-large": ["The value is too large.", "Send less; discard this one."],
  malformed: ["It could not be read.", "Mend the sender; discard this one."],
  waits: ["It waits behind an earlier dead letter of the same entity.", "Redeliver or discard that one first."],
  gap: ["Operations in between will never come.", "Look at the unit's log; discard it when it is clear why."],
  "too-many-attributes": ["The entity has too many attributes.", "Remove some, then redeliver."],
  "too-many-units": ["Too many units see the entity.", "Take it from some, then redeliver."],
  "too-many-conflicts": ["Too many values wait for somebody to choose.", "Choose one at the unit, then redeliver."],
  unmergeable: ["It can't be merged.", "Mend the sender."],
  "beyond-all-numbers": ["The counter would leave what numbers can say.", "Mend the sender; discard this one."],
  "not-a-number": ["A number is needed here.", "Mend the sender; discard this one."],
  "counters-only-count": ["A counter can't be removed.", "Discard it."],
  "not-a-set": ["A list is needed here.", "Mend the sender; discard this one."],
  "sets-only-grow": ["A growing set can't be removed.", "Discard it."],
  older: ["A later value stood already.", ""],
  "other-side-wins": ["By the contract the other side decides this field.", ""],
  unseen: ["Its writer had not seen what stood.", ""],
  "not-beyond": ["It did not go beyond what stood.", ""],
  "nothing-new": ["All of it was there already.", ""],
  deleted: ["The entity was deleted.", ""],
  erased: ["The person was erased.", ""],
  "never-seen": ["There was nothing to delete.", ""],
  "conflict-kept-both": ["Two values at once: both are kept until somebody chooses.", ""],
};

const zh: Readonly<Record<Code, Said>> = {
  "not-registered": ["发送方未注册该名称的契约。", "请发布契约并让单元以其注册，然后重新投递。"],
  "unknown-entity": ["它属于另一条流。", "请修正发送方。"],
  "unknown-field": ["契约没有命名该字段。", "请在隔离区提议并发布，然后重新投递。"],
  "breaks-contract": ["值不符合契约。", "请在发送方修正该值，或修改契约，然后重新投递。"],
  "not-writer": ["该方无权写入此字段。", "请丢弃，或在契约中更改写入方。"],
  "not-yours": ["它涉及其他单元建立的实体，或该单元尚未加入的实体。", "请丢弃，并查明该单元为何写入。"],
  "version-never-given": ["它声称见过从未给出的版本，按未见过任何版本处理。", "请检查发送方。"],
  "no-counterpart": ["契约的新版本中没有对应项。", "请修正契约的透镜，然后重新投递。"],
  "too-large": ["值过大。", "请减少内容，并丢弃此条。"],
  malformed: ["无法读取。", "请修正发送方，并丢弃此条。"],
  waits: ["它在等待同一实体更早的死信。", "请先重新投递或丢弃那一条。"],
  gap: ["中间的操作不会再来。", "请查看该单元的日志，查明原因后丢弃。"],
  "too-many-attributes": ["该实体的属性过多。", "请移除一些，然后重新投递。"],
  "too-many-units": ["可见该实体的单元过多。", "请减少可见单元，然后重新投递。"],
  "too-many-conflicts": ["待人选择的值过多。", "请在单元中选定其一，然后重新投递。"],
  unmergeable: ["无法合并。", "请修正发送方。"],
  "beyond-all-numbers": ["计数将超出数字所能表示的范围。", "请修正发送方，并丢弃此条。"],
  "not-a-number": ["此处需要数字。", "请修正发送方，并丢弃此条。"],
  "counters-only-count": ["计数器不能移除。", "请丢弃。"],
  "not-a-set": ["此处需要列表。", "请修正发送方，并丢弃此条。"],
  "sets-only-grow": ["只增集合不能移除。", "请丢弃。"],
  older: ["已有更晚的值。", ""],
  "other-side-wins": ["按契约，该字段由另一方决定。", ""],
  unseen: ["写入方未见过当时的值。", ""],
  "not-beyond": ["没有超过当时的值。", ""],
  "nothing-new": ["内容早已全部存在。", ""],
  deleted: ["该实体已被删除。", ""],
  erased: ["该数据主体已被擦除。", ""],
  "never-seen": ["没有可删除的内容。", ""],
  "conflict-kept-both": ["两个值并发：均予保留，待人选择。", ""],
};

const WORDS: Dictionary<Readonly<Record<Code, Said>>> = { en, zh };

/** Null for a reason that this page does not know: it is shown as the log says it. */
export function explainReason(reason: string, language: Language): { readonly what: string; readonly mend: string } | null {
  const code = reason.split(/[:,]/, 1)[0] ?? "";
  if (!isKnown(code)) return null;
  const [what, mend] = WORDS[language][code];
  return { what, mend };
}

function isKnown(code: string): code is Code {
  return Object.hasOwn(en, code);
}
