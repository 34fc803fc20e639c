import { describe, expect, test } from "vitest";
import { jobBridge } from "./fixture/job.ts";
import { addUp, type Group } from "./report.ts";

const crm = jobBridge();
const erp = jobBridge({ id: "erp-order", system: "erp" });
const outpost: Group = {
  name: "outpost",
  counts: Object.entries({ open: 1, offered: 2, working: 4, paused: 8, done: 16, dropped: 32 }).map(([state, count]) => ({ state, count })),
};
const counted = (name: string, bridge: string, counts: Record<string, number>): Group => ({
  name,
  bridge,
  counts: Object.entries(counts).map(([state, count]) => ({ state, count })),
});
const crmCounts = counted("crm", "crm-case", { New: 100, "In Progress": 200, "On Hold": 400, Completed: 800, Canceled: 1600, Lost: 3200 });
const ask = (...states: readonly string[]) => addUp({ subject: "job", attr: "state", states }, [outpost, crmCounts], [crm, erp]);

describe("B11 a sum stands for what means the same everywhere", () => {
  test("equivalent states add up", () => {
    expect(ask("working", "done")).toEqual({
      total: 1020,
      parts: [
        { name: "outpost", count: 20, states: ["working", "done"] },
        { name: "crm", count: 1000, states: ["In Progress", "Completed"] },
      ],
    });
  });

  test("a state that is narrower is refused, with the pair", () => {
    expect(ask("open", "working")).toEqual({
      refused: "not-equivalent",
      field: "crm.New",
      rule: "crm: open is narrower than New: New, which is said of every job without activity; offered would be counted too",
      mend: expect.any(String),
    });
    expect(ask("offered")).toMatchObject({ field: "crm.New", rule: expect.stringContaining("offered is narrower than New") });
  });

  test("all that theirs means by the word may be added, where the bridge says that it is all", () => {
    expect(ask("open", "offered", "working", "paused")).toMatchObject({ total: 15 + 700 });
    const vague = jobBridge({ fields: crm.fields.map((field) => (field.by.rule === "state" ? { ...field, by: { ...field.by, unions: [] } } : field)) });
    expect(addUp({ subject: "job", attr: "state", states: ["open", "offered"] }, [crmCounts], [vague])).toMatchObject({ refused: "not-equivalent" });
  });

  test("a state that is broader adds all its parts, or is refused", () => {
    expect(ask("dropped")).toMatchObject({ total: 32 + 4800 });
    const vague = jobBridge({ fields: crm.fields.map((field) => (field.by.rule === "state" ? { ...field, by: { ...field.by, splits: [] } } : field)) });
    expect(addUp({ subject: "job", attr: "state", states: ["dropped"] }, [crmCounts], [vague])).toMatchObject({
      refused: "not-equivalent",
      rule: expect.stringContaining("dropped is broader than"),
    });
  });

  test("one system that differs refuses the whole, and is named", () => {
    const groups = [outpost, counted("erp", "erp-order", { Completed: 5, New: 7 }), crmCounts];
    expect(addUp({ subject: "job", attr: "state", states: ["open"] }, groups, [crm, erp])).toMatchObject({ refused: "not-equivalent", field: "erp.New" });
    expect(addUp({ subject: "job", attr: "state", states: ["done"] }, groups, [crm, erp])).toMatchObject({ total: 16 + 5 + 800 });
  });

  test.each([
    ["a state of theirs that nobody mapped", counted("crm", "crm-case", { Completed: 1, Waiting: 2 }), ["done"], "unmapped"],
    ["a state of ours that they have no word for", crmCounts, ["asleep"], "unmapped"],
    ["a system without a bridge", counted("wms", "wms-order", { Completed: 1 }), ["done"], "malformed"],
  ])("%s is refused", (_, group, states, refused) => {
    expect(addUp({ subject: "job", attr: "state", states }, [group], [crm, erp])).toMatchObject({ refused, mend: expect.any(String) });
  });

  test("a bridge of another subject explains nothing", () => {
    expect(addUp({ subject: "kit", attr: "state", states: ["done"] }, [crmCounts], [crm])).toMatchObject({ refused: "malformed" });
  });
});
