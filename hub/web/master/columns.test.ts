import { describe, expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { leavesOf, readMapping } from "../../master/mapping.ts";
import { guessColumns, mappingOf } from "./columns.ts";

describe("HP21 columns are put to attributes by their names, and the mapping that follows is one that the hub reads", () => {
  const columns = ["ID", "Name", "Phone", "Fax", ""];

  test("by the whole path or its last part, whatever the case; what is like nothing stays out", () => {
    expect(guessColumns(columns, leavesOf("customer"))).toEqual({ id: "ID", name: "Name", "contact.phone": "Phone" });
    expect(guessColumns(["contact_phone", "phone"], ["contact.phone"])).toEqual({ "contact.phone": "contact_phone" });
  });

  test("what is said beside a column is laid over it, a constant takes its place", () => {
    const chosen = { id: "ID", name: "Name", "contact.phone": "", "contact.person": "Phone" };
    const more = { country: "DE", attributes: { name: { words: { Acme: "ACME" } }, "contact.person": { constant: "Ms Zhou" } } };
    const mapping = mappingOf(chosen, more);
    expect(mapping).toEqual({
      country: "DE",
      attributes: { id: { column: "ID" }, name: { column: "Name", words: { Acme: "ACME" } }, "contact.person": { constant: "Ms Zhou" } },
    });
    expect(isRefusal(readMapping({ family: "customer", ...mapping }, columns))).toBe(false);
  });

  test("what can't be read is left for the hub to name", () => {
    const plan = readMapping({ family: "customer", ...mappingOf({ name: "Name" }, { attributes: { name: 7 } }) }, columns);
    expect(plan).toMatchObject({ refused: "malformed", field: "attributes.name" });
  });
});
