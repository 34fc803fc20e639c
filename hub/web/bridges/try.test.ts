import { describe, expect, test } from "vitest";
import { Bridge } from "../../bridge/bridge.ts";
import { salesforce } from "../../bridge/packs/salesforce.ts";
import { readRest, readValue, tryValue } from "./try.ts";

const order = Bridge.parse(salesforce.bridges.find(({ id }) => id === "salesforce-work-order"));
const fieldOf = (name: string) => {
  const field = order.fields.find(({ theirs }) => theirs === name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return field;
};

describe("HP19 a value is tried across a bridge by the rules that cross in earnest", () => {
  test("there and back to the same value, and back to another where theirs means less", () => {
    expect(tryValue(fieldOf("Status"), "ours", "paused", {})).toEqual({ there: { value: "On Hold" }, again: { value: "paused" }, same: true });
    expect(tryValue(fieldOf("Priority"), "theirs", "Low", {})).toEqual({ there: { value: "p3" }, again: { value: "Medium" }, same: false });
    const at = tryValue(fieldOf("StartDate"), "ours", 1_760_000_000_000, {});
    expect(at).toMatchObject({ there: { value: "2025-10-09T08:53:20.000Z" }, same: true });
  });

  test("a value without a counterpart is refused with its rule and its mend; nothing comes back", () => {
    const tried = tryValue(fieldOf("Status"), "ours", "lost", {});
    expect(tried).toMatchObject({ there: { refused: "unmapped", rule: '"lost" has no counterpart among theirs' }, again: null, same: false });
    expect(tryValue(fieldOf("Status"), "ours", "open", {})).toMatchObject({ there: { value: "New" }, again: { refused: "unmapped" }, same: false });
  });

  test("a field that goes one way is not tried the other; an expression reads what is given beside the value", () => {
    expect(tryValue(fieldOf("Subject"), "theirs", "x", {})).toBeNull();
    expect(tryValue(fieldOf("Subject"), "ours", "bearing", { ours: { asset: "pump-1" } })).toEqual({
      there: { value: "bearing · pump-1" },
      again: null,
      same: false,
    });
    expect(tryValue(fieldOf("StartDate"), "ours", null, {})).toEqual({ there: { value: null }, again: { value: null }, same: true });
  });

  test("what is typed is JSON where it is some, otherwise a text", () => {
    expect(["7", '"7"', "true", "null", "open", "{"].map(readValue)).toEqual([7, "7", true, null, "open", "{"]);
    expect([readRest(" "), readRest('{"ours":{"asset":"p"}}'), readRest("[]"), readRest("nonsense")]).toEqual([
      {},
      { ours: { asset: "p" } },
      undefined,
      undefined,
    ]);
  });
});
