import { expect, test } from "vitest";
import { planImport } from "./import.ts";
import { readCsv, readText } from "./csv.ts";
import { isRefusal } from "../../contracts/refusal.ts";

test("MD1 files are cut, decoded and matched on the platform too: quotes, GB 18030, zones, phone numbers", () => {
  const text = readText(new Uint8Array([0x6e, 0x3b, 0x74, 0x0a, 0xb1, 0xc3, 0x3b, 0x22, 0x31, 0x3b, 0x32, 0x22]), "gb18030");
  expect(text).toBe('n;t\n泵;"1;2"');
  const table = readCsv('name;phone;zone\n长沙水务有限公司;138 0013 8000;"a\nb"', ["name"]);
  if (isRefusal(table)) throw new Error(table.rule);
  const mapping = { family: "customer", zone: "Asia/Shanghai", attributes: { name: { column: "name" }, "contact.phone": { column: "phone" } } };
  const known = { id: "C1", attributes: { id: "C1", name: "长沙水务有限责任公司", contact: { phone: "+86 13800138000" } } };
  const plan = planImport(table, mapping, { entities: [known], aliasOf: () => undefined, standsFor: (_, id) => id }, { match: true, autoMerge: true });
  expect(plan).toMatchObject({ counts: { rows: 1, changed: 1 }, aliases: [{ to: "C1" }], unread: ["zone"] });
});
