import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { startRandom } from "../../edge/sim/random.ts";
import { resolve } from "./alias.ts";
import { CELL_CHARS_MAX, ROWS_MAX, type Table, readCsv } from "./csv.ts";
import { exportCsv, writeRejects } from "./export.ts";
import { generateAssets, generateCustomers, generateEngineers } from "./fixture/generate.ts";
import type { MasterRecord } from "./identity.ts";
import { type Held, type ImportPlan, KNOWN_MAX, planImport, readList } from "./import.ts";
import { columnsOf, ownMapping } from "./mapping.ts";
import type { Attributes, MasterFamily } from "./profile.ts";
import { applyWrites } from "./write.ts";

const CUSTOMERS = {
  family: "customer",
  attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.person": { column: "Person" }, "contact.phone": { column: "Phone" } },
} as const;

/** A hub's register: what is imported stays, customers that are named exist. */
class Register {
  readonly records = new Map<string, Attributes>();
  readonly aliases = new Map<string, string>();
  readonly apart = new Set<string>();
  readonly customers: ReadonlySet<string>;

  constructor(records: readonly MasterRecord[] = [], customers: readonly string[] = []) {
    for (const { id, attributes } of records) this.records.set(id, attributes);
    this.customers = new Set(customers);
  }

  held(): Held {
    const aliasOf = (id: string): string | undefined => this.aliases.get(id);
    return {
      entities: [...this.records].map(([id, attributes]) => ({ id, attributes })),
      aliasOf,
      standsFor: (_, id) => (this.customers.has(resolve(id, aliasOf)) ? resolve(id, aliasOf) : undefined),
      apart: this.apart,
    };
  }

  plan(table: Table | string, mapping: unknown, match = true): ImportPlan {
    const read = typeof table === "string" ? readCsv(table, columnsOf(mapping)) : table;
    if (isRefusal(read)) throw new Error(read.rule);
    const { family } = mapping as { readonly family?: MasterFamily };
    const plan = planImport(read, mapping, this.held(), { match, autoMerge: family !== "engineer" });
    if (isRefusal(plan)) throw new Error(`${plan.field}: ${plan.rule}`);
    return plan;
  }

  import(table: Table | string, mapping: unknown): ImportPlan {
    const plan = this.plan(table, mapping);
    for (const [id, writes] of Map.groupBy(plan.writes, ({ id }) => id)) {
      const after = applyWrites(this.records.get(id), writes);
      if (after === null) this.records.delete(id);
      else this.records.set(id, after);
    }
    for (const { from, to } of plan.aliases) this.aliases.set(from, to);
    return plan;
  }
}

describe("MD7 the dry run", () => {
  const register = new Register([
    { id: "C1", attributes: { id: "C1", name: "Acme Pumps Ltd", contact: { person: "Jo", phone: "+44 113 496 0001" }, rating: 5 } },
    { id: "C2", attributes: { id: "C2", name: "Leeds Water PLC" } },
  ]);
  const file = [
    "No;Name;Person;Phone;Fax",
    "C1;Acme Pumps Ltd;Jo;+44 113 496 0002;1",
    "C2;Leeds Water PLC;;;2",
    "C3;Acme Pump Limited;Jo;+44 113 496 0001;3",
    "C 4;;;;4",
  ].join("\n");
  const plan = register.plan(file, CUSTOMERS);

  test("MD7 says what is new, changed, unchanged, refused and to be looked at", () => {
    expect(plan.counts).toEqual({ rows: 4, new: 1, changed: 1, unchanged: 1, rejected: 1, toReview: 1 });
    expect(plan.unread).toEqual(["Fax"]);
    expect(plan.review).toMatchObject([{ line: 4, id: "C3", other: "C1", decision: "same" }]);
  });

  test("MD7 tells changes by attribute, with what was and what will be, and touches nothing else", () => {
    expect(plan.planned[0]).toEqual({
      line: 2,
      id: "C1",
      outcome: "changed",
      changes: [{ attr: "contact", before: { person: "Jo", phone: "+44 113 496 0001" }, after: { person: "Jo", phone: "+44 113 496 0002" } }],
    });
    expect(plan.planned[1]).toMatchObject({ id: "C2", outcome: "unchanged", changes: [] });
    expect(plan.writes.filter(({ id }) => id === "C1")).toEqual([
      { entity: "customer", id: "C1", attr: "contact", op: "set", value: { person: "Jo", phone: "+44 113 496 0002" } },
    ]);
  });

  test("MD4 every fault of a row is told with line, column, value, rule and mend", () => {
    expect(plan.rejects.map(({ line, column, value, rule }) => ({ line, column, value, rule }))).toEqual([
      { line: 5, column: "No", value: "C 4", rule: expect.stringContaining("letters, digits") },
      { line: 5, column: "Name", value: "", rule: "name is needed" },
    ]);
    for (const { mend } of plan.rejects) expect(mend).not.toBe("");
  });

  test("MD4 the rejects file holds the refused rows and their reasons, and imports once it is mended", () => {
    const table = readCsv(file, ["No"]);
    if (isRefusal(table)) throw new Error(table.rule);
    const rejects = writeRejects(table, plan.rejects);
    expect(rejects).toContain("C 4,");
    expect(rejects).toContain("name is needed");
    const mended = register.plan(rejects.replace('C 4,""', "C4,Ferlin Steel"), CUSTOMERS);
    expect(mended.counts).toMatchObject({ rows: 1, new: 1, rejected: 0 });
  });
});

test("MD7 the same table again changes nothing, with and without ids of ours, whatever it holds", () => {
  const line = fc.record({
    No: fc.constantFrom("C1", "C2", "C3", "", "c 9"),
    Name: fc.constantFrom("Acme Pumps Ltd", "Acme Pumps", "ACME pumps limited", "长沙水务有限公司", "长沙水务有限公司株洲分公司", "Leeds Water", ""),
    Person: fc.constantFrom("Jo Smith", "Smith, Jo", "王伟", ""),
    Phone: fc.constantFrom("+44 113 496 0001", "0044-113 496 0001", "138 0013 8000", "13800138000", ""),
  });
  const { id: _, ...withoutId } = CUSTOMERS.attributes;
  const mapping = fc.constantFrom(CUSTOMERS, { family: "customer", attributes: withoutId }, { family: "customer", attributes: withoutId, key: ["Name"] });
  const start = [{ id: "E1", attributes: { id: "E1", name: "Acme Pumps Ltd", contact: { person: "Jo Smith", phone: "+44 113 496 0001" } } }];
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), mapping, fc.boolean(), (lines, mapping, known) => {
      const register = new Register(known ? start : []);
      const table = readList(lines);
      if (isRefusal(table)) throw new Error(table.rule);
      if (table.columns.length === 0) return;
      const first = register.import(table, mapping);
      const second = register.import(table, mapping);
      expect(second.writes).toEqual([]);
      expect(second.aliases).toEqual([]);
      expect(second.counts).toEqual({
        ...first.counts,
        new: 0,
        changed: 0,
        toReview: 0,
        unchanged: first.counts.new + first.counts.changed + first.counts.unchanged,
      });
      expect(second.rejects).toEqual(first.rejects);
    }),
    { numRuns: 60 },
  );
});

const text = fc
  .string({ unit: "grapheme-composite", minLength: 1, maxLength: 20 })
  .map((raw) => raw.trim())
  .filter((one) => one !== "" && [...one].length <= 40);
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
const place = fc.record({ lat: fc.double({ min: -90, max: 90, noNaN: true }), lon: fc.double({ min: -180, max: 180, noNaN: true }) });
const shift = fc.record({ days: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 7 }), from: fc.nat(1440), to: fc.nat(1440) });
const ARBITRARY: Readonly<Record<MasterFamily, fc.Arbitrary<Record<string, unknown>>>> = {
  customer: fc.record(
    { name: text, contact: fc.oneof(fc.record({ person: text }), fc.record({ phone: text }), fc.record({ person: text, phone: text })) },
    { requiredKeys: ["name"] },
  ),
  asset: fc.record({
    name: text,
    kind: fc.constantFrom("pump", "pump-truck", "other"),
    model: text,
    customer: fc.constantFrom("C1", "C2"),
    position: place,
    moves: fc.boolean(),
    installedAt: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 8_640_000_000_000_000 })),
  }),
  engineer: fc.record({
    name: text,
    skills: fc.array(fc.stringMatching(/^[a-z0-9]{1,9}$/), { maxLength: 4 }),
    shifts: fc.array(shift, { maxLength: 2 }),
    home: place,
    locatable: fc.boolean(),
  }),
};

test.each(Object.keys(ARBITRARY) as MasterFamily[])("MD6 %s: what is exported imports as it was, into an empty register and into its own", (family) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(id, ARBITRARY[family]), { selector: ([one]) => one, maxLength: 6 }), (entities) => {
      const records = entities.map(([id, rest]) => ({ id, attributes: FAMILIES[family].parse({ id, ...rest }) as Attributes }));
      const file = exportCsv(family, records);
      const empty = new Register([], ["C1", "C2"]);
      expect(empty.import(file, ownMapping(family)).counts).toMatchObject({ new: records.length, rejected: 0 });
      expect(JSON.parse(JSON.stringify([...empty.records].toSorted()))).toEqual(
        JSON.parse(JSON.stringify(records.map((one) => [one.id, one.attributes]).toSorted())),
      );
      const own = new Register(records, ["C1", "C2"]);
      expect(own.plan(file, ownMapping(family)).counts).toMatchObject({ unchanged: records.length, changed: 0, new: 0, rejected: 0 });
    }),
    { numRuns: 60 },
  );
});

test("MD6 a list of objects and a table say the same", () => {
  const rows = [
    { No: "C1", Name: "Acme", contact: { phone: "1380013800" } },
    { No: "C2", Name: "Leeds Water" },
  ];
  const list = readList(rows);
  if (isRefusal(list)) throw new Error(list.rule);
  expect(list.columns).toEqual(["No", "Name", "contact.phone"]);
  const mapping = { family: "customer", attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.phone": { column: "contact.phone" } } };
  const csv = new Register().plan("No,Name,contact.phone\nC1,Acme,1380013800\nC2,Leeds Water,", mapping);
  expect(new Register().plan(list, mapping).writes).toEqual(csv.writes);
  expect(readList({})).toMatchObject({ refused: "malformed", field: "rows" });
  expect(readList([1])).toMatchObject({ refused: "malformed", field: "rows.0" });
  expect(readList(Array.from({ length: ROWS_MAX + 1 }, () => ({})))).toMatchObject({ refused: "too-many" });
});

test("MD5 what a list does not say stays; a null or a sentinel means what its policy says", () => {
  const register = new Register([{ id: "C1", attributes: { id: "C1", name: "Acme", contact: { person: "Jo", phone: "123456" } } }]);
  const mapping = (none?: unknown): unknown => ({
    family: "customer",
    attributes: { id: { column: "id" }, "contact.phone": { column: "phone", ...(none === undefined ? {} : { none }) } },
  });
  const contactOf = (row: object, none?: unknown): unknown => {
    const table = readList([row]);
    if (isRefusal(table)) throw new Error(table.rule);
    const plan = planImport(
      { ...table, columns: [...new Set([...table.columns, "phone"])], rows: [{ line: 1, cells: ["C1", Object.values(row)[1]] }] },
      mapping(none),
      register.held(),
    );
    if (isRefusal(plan)) throw new Error(plan.rule);
    return plan.rejects[0]?.rule ?? plan.planned[0]?.changes[0]?.after ?? "as it was";
  };
  expect(contactOf({ id: "C1" })).toBe("as it was");
  expect(contactOf({ id: "C1", phone: null })).toEqual({ person: "Jo" });
  expect(contactOf({ id: "C1", phone: "" })).toEqual({ person: "Jo" });
  expect(contactOf({ id: "C1", phone: "N/A" })).toEqual({ person: "Jo", phone: "N/A" });
  expect(contactOf({ id: "C1", phone: " N/A " }, { policy: "absent", sentinels: ["N/A"] })).toEqual({ person: "Jo" });
  expect(contactOf({ id: "C1", phone: "-9999" }, { policy: "absent", sentinels: [-9999] })).toEqual({ person: "Jo" });
  expect(contactOf({ id: "C1", phone: "N/A" }, { policy: "refuse", sentinels: ["N/A"] })).toBe("a value is needed here");
  expect(contactOf({ id: "C1", phone: "" }, { policy: "keep", sentinels: [""] })).toEqual({ person: "Jo", phone: "" });
});

describe("MD4 cells are read as other systems write them", () => {
  const asset = (over: Readonly<Record<string, string>>, more: object = {}): unknown => {
    const row = {
      id: "P1",
      name: "Pump",
      kind: "pump",
      model: "CR",
      customer: "C1",
      lat: "28.2",
      lon: "112.9",
      moves: "no",
      built: "2020-01-01T00:00:00Z",
      ...over,
    };
    const column = (column: string): object => ({ column });
    const attributes = {
      ...Object.fromEntries(["id", "name", "model", "customer", "moves"].map((attr) => [attr, column(attr)])),
      kind: { column: "kind", words: { 水泵: "pump", Lkw: "pump-truck" } },
      "position.lat": column("lat"),
      "position.lon": column("lon"),
      installedAt: column("built"),
    };
    const table = readList([row]);
    if (isRefusal(table)) throw new Error(table.rule);
    const plan = new Register([], ["C1"]).plan(table, { family: "asset", attributes, ...more });
    const [reject] = plan.rejects;
    return reject === undefined
      ? Object.fromEntries(plan.writes.map((write) => [write.attr, write.op === "set" ? write.value : null]))
      : `${reject.column}: ${reject.rule}`;
  };

  test.each([
    [{ kind: "水泵" }, {}, { kind: "pump" }],
    [{ kind: "boat" }, {}, "kind: "],
    [{ lat: "28,25", lon: "112,5" }, { decimal: "," }, { position: { lat: 28.25, lon: 112.5 } }],
    [{ lat: "28,25" }, {}, "lat: a number"],
    [{ lat: "1.000,5" }, { decimal: "," }, "lat: a number"],
    [{ lat: "28.250" }, { decimal: "," }, "lat: a number"],
    [{ lat: "91" }, {}, "lat: "],
    [{ lat: "" }, {}, "lat: position.lat is needed"],
    [{ moves: "是" }, {}, { moves: true }],
    [{ moves: "maybe" }, {}, "moves: yes or no"],
    [{ built: "2021-03-05" }, { zone: "Asia/Shanghai" }, { installedAt: 1_614_873_600_000 }],
    [{ built: "2021年3月5日" }, { zone: "Asia/Shanghai" }, { installedAt: 1_614_873_600_000 }],
    [{ built: "05.03.2021 08:30" }, { zone: "Europe/Berlin" }, { installedAt: 1_614_929_400_000 }],
    [{ built: "2021-03-05 08:00+08:00" }, {}, { installedAt: 1_614_902_400_000 }],
    [{ built: "1614902400000" }, {}, { installedAt: 1_614_902_400_000 }],
    [{ built: "2021-03-05" }, {}, "built: an instant has a zone"],
    [{ built: "2021-02-30" }, { zone: "Asia/Shanghai" }, "built: an instant"],
    [{ built: "03/05/2021" }, { zone: "Asia/Shanghai" }, "built: an instant"],
    [{ built: "44260" }, {}, "built: an instant"],
    [{ name: "x".repeat(CELL_CHARS_MAX + 1) }, {}, `name: at most ${CELL_CHARS_MAX} characters`],
    [{ customer: "C9" }, {}, "customer: there is no customer C9"],
  ])("MD4 %j with %j", (over, more, expected) => {
    const read = asset(over, more);
    if (typeof expected === "string") expect(read).toContain(expected);
    else expect(read).toMatchObject(expected);
  });

  test("MD4 a row that is wider or narrower than the header, and a second line for one id, are refused", () => {
    const plan = new Register().plan("No,Name,Person,Phone\nC1,Acme\nC2,a,b,c,d\nC3,x,,\nC3,y,,", CUSTOMERS);
    expect(plan.rejects.map(({ line, rule }) => [line, rule])).toEqual([
      [2, "a row has 4 cells, as the header"],
      [3, "a row has 4 cells, as the header"],
      [5, "line 4 is the same customer"],
    ]);
  });
});

describe("MD8 rows without an id of ours", () => {
  const { id: _, ...attributes } = CUSTOMERS.attributes;
  const mapping = { family: "customer", attributes };
  const acme = { id: "C1", attributes: { id: "C1", name: "Acme Pumps Ltd", contact: { person: "Jo Smith", phone: "+44 113 496 0001" } } };

  test("MD8 a row that is surely somebody changes them, and is known by its key from then on", () => {
    const register = new Register([acme]);
    const plan = register.import("Name,Person,Phone\nACME Pump Limited,Jo Smith,(0044) 113 496 0001\n", mapping);
    expect(plan.planned).toMatchObject([{ id: "C1", outcome: "changed", matched: true }]);
    expect(plan.aliases).toMatchObject([{ entity: "customer", to: "C1" }]);
    expect([...register.records.keys()]).toEqual(["C1"]);
  });

  test("MD8 a row that may be somebody is new and to be looked at; one that may be two changes neither", () => {
    const branch = new Register([acme]).import("Name,Person,Phone\nAcme Pumps Ltd - Leeds,Jo Smith,+44 113 496 0001\n", mapping);
    expect(branch.counts).toMatchObject({ new: 1, changed: 0, toReview: 1 });
    expect(branch.review[0]).toMatchObject({ other: "C1", decision: "review", rival: "twin" });
    const twice = new Register([acme, { ...acme, id: "C2", attributes: { ...acme.attributes, id: "C2" } }]);
    const plan = twice.import("Name,Person,Phone\nACME Pumps,Jo Smith,+44 113 496 0001\n", mapping);
    expect(plan.counts).toMatchObject({ new: 1, changed: 0, toReview: 1 });
  });

  test("MD8 two rows never become the same one: the second is new, and shown", () => {
    const plan = new Register([acme]).import("Name,Person,Phone\nAcme Pumps,Jo Smith,+44 113 496 0001\nACME pumps ltd,J. Smith,+44 113 496 0001\n", mapping);
    expect(plan.counts).toMatchObject({ changed: 1, new: 1, toReview: 1 });
  });

  test("MD8 with a key of its own a row may change its values and stays who it is", () => {
    const keyed = { family: "customer", attributes, key: ["Ext"] };
    const register = new Register();
    register.import("Ext,Name,Person,Phone\n77-1,Acme,Jo,\n", keyed);
    const plan = register.import("Ext,Name,Person,Phone\n77-1,Renamed entirely,Ann,\n", keyed);
    expect(plan.counts).toMatchObject({ changed: 1, new: 0 });
  });

  test("MD8 whom a person told apart is not brought up again", () => {
    const register = new Register([acme]);
    const file = "No,Name,Person,Phone\nC9,Acme Pumps,Jo Smith,+44 113 496 0001\n";
    expect(register.plan(file, CUSTOMERS).review).toHaveLength(1);
    register.apart.add("C1\nC9");
    expect(register.plan(file, CUSTOMERS).review).toEqual([]);
    expect(register.plan(file, CUSTOMERS, false).review).toEqual([]);
  });
});

test("MD14 an old id in a table means the entity that survived, as row and as reference", () => {
  const register = new Register([{ id: "C2", attributes: { id: "C2", name: "Acme" } }], ["C2"]);
  register.aliases.set("C1", "C2");
  expect(register.plan("No,Name,Person,Phone\nC1,Acme plc,,\n", CUSTOMERS).planned).toMatchObject([{ id: "C2", outcome: "changed" }]);
  const row = { id: "P1", name: "P", kind: "pump", model: "CR", customer: "C1", position: { lat: 1, lon: 2 }, moves: false, installedAt: 1e12 };
  const table = readList([row]);
  if (isRefusal(table)) throw new Error(table.rule);
  expect(register.plan(table, ownMapping("asset", table.columns)).writes).toContainEqual({
    entity: "asset",
    id: "P1",
    attr: "customer",
    op: "set",
    value: "C2",
  });
});

test("MD9 a mapping that cannot be right is refused before any row is read", () => {
  const columns = ["No", "Name"];
  const refusalOf = (mapping: unknown): unknown => planImport({ columns, rows: [] }, mapping, new Register().held());
  const attributes = { id: { column: "No" }, name: { column: "Name" } };
  expect(refusalOf({ family: "ticket", attributes })).toMatchObject({ refused: "malformed", field: "family" });
  expect(refusalOf({ family: "customer", attributes: { ...attributes, rank: { column: "No" } } })).toMatchObject({
    refused: "malformed",
    field: "attributes.rank",
  });
  expect(refusalOf({ family: "customer", attributes: { ...attributes, constructor: { column: "No" } } })).toMatchObject({ refused: "malformed" });
  expect(refusalOf({ family: "customer", attributes: { ...attributes, name: { column: "Nam" } } })).toMatchObject({
    refused: "malformed",
    field: "attributes.name",
  });
  expect(refusalOf({ family: "customer", attributes: { ...attributes, contact: { constant: {} }, "contact.phone": { column: "No" } } })).toMatchObject({
    field: "attributes.contact",
  });
  expect(refusalOf({ family: "customer", attributes: { id: { column: "No" } } })).toMatchObject({ refused: "malformed", field: "attributes" });
  expect(refusalOf({ family: "customer", attributes, key: ["Nope"] })).toMatchObject({ refused: "malformed", field: "key" });
  expect(refusalOf({ family: "customer", attributes, zone: "Mars/Base" })).toMatchObject({ refused: "malformed", field: "zone" });
  expect(refusalOf({ family: "customer", attributes })).toMatchObject({ counts: { rows: 0 } });
});

test("MD3 matching has a limit with a name, and can be left out", () => {
  const entities = Array.from({ length: KNOWN_MAX + 1 }, (_, i) => ({ id: `C${i}`, attributes: { name: "x" } }));
  const held = { ...new Register().held(), entities };
  const table = { columns: ["No", "Name"], rows: [] };
  const mapping = { family: "customer", attributes: { id: { column: "No" }, name: { column: "Name" } } };
  expect(planImport(table, mapping, held)).toMatchObject({ refused: "too-many", field: "match" });
  expect(planImport(table, mapping, held, { match: false })).toMatchObject({ counts: { rows: 0 } });
});

test("MD8 a register with copies of a known one: most copies are found, few strangers are taken for somebody", () => {
  const register = generateCustomers(300, startRandom(104));
  const [known, copies] = [register.filter(({ id }) => id.endsWith(".0")), register.filter(({ id }) => id.endsWith(".1"))];
  const held = new Register(known.map(({ id, entity }) => ({ id, attributes: { ...entity, id } })));
  const table = readList(copies.map(({ entity }) => entity));
  if (isRefusal(table)) throw new Error(table.rule);
  const { attributes } = ownMapping("customer", table.columns);
  const plan = held.plan(table, { family: "customer", attributes: Object.fromEntries(Object.entries(attributes).filter(([attr]) => attr !== "id")) });
  const truth = new Map(copies.map(({ truth }, i) => [i + 1, `${truth}.0`]));
  const matched = plan.planned.filter((one) => one.matched === true);
  expect(matched.length).toBeGreaterThan(copies.length * 0.85);
  expect(matched.filter(({ line, id }) => truth.get(line) !== id).length).toBeLessThan(copies.length * 0.02);
});

test("MD4 generated machines and engineers of other systems import too", () => {
  for (const [family, generate] of [
    ["asset", generateAssets],
    ["engineer", generateEngineers],
  ] as const) {
    const list = readList(generate(30, startRandom(5)).map(({ id, entity }) => ({ ...entity, id })));
    if (isRefusal(list)) throw new Error(list.rule);
    const mapping = ownMapping(family);
    const constants: Partial<Record<Family, object>> = { engineer: { shifts: { constant: [] }, locatable: { constant: false } } };
    const attributes = Object.fromEntries(
      Object.entries({ ...mapping.attributes, ...constants[family] }).filter(([, one]) => !("column" in one) || list.columns.includes(one.column)),
    );
    const plan = new Register(
      [],
      Array.from({ length: 400 }, (_, i) => `C${i + 1}`),
    ).plan(list, { ...mapping, attributes });
    expect(plan.counts.new + plan.counts.rejected).toBe(list.rows.length);
    expect(plan.rejects.every(({ rule }) => rule.includes("is needed"))).toBe(true);
  }
});

test("MD8 nobody is merged unless the import says so, and engineers by a person only", () => {
  const acme = { id: "C1", attributes: { id: "C1", name: "Acme Pumps Ltd", contact: { person: "Jo Smith", phone: "+44 113 496 0001" } } };
  const held = new Register([acme]).held();
  const { id: _, ...attributes } = CUSTOMERS.attributes;
  const table = readCsv("Name,Person,Phone\nACME Pump Limited,Jo Smith,(0044) 113 496 0001\n", ["Name"]);
  if (isRefusal(table)) throw new Error(table.rule);
  const mapping = { family: "customer", attributes, country: "GB" };
  expect(planImport(table, mapping, held)).toMatchObject({ counts: { new: 1, toReview: 1 }, review: [{ other: "C1", decision: "same" }], aliases: [] });
  expect(planImport(table, mapping, held, { autoMerge: true })).toMatchObject({ counts: { new: 0 }, planned: [{ id: "C1", matched: true }] });
  const people = { family: "engineer", attributes: { name: { column: "Name" } } };
  expect(planImport(table, people, held, { autoMerge: true })).toMatchObject({ refused: "needs-person", field: "autoMerge" });
});
