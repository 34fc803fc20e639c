import { describe, expect, test } from "vitest";
import { BODY_DEPTH_MAX, readJson } from "./body.ts";

const nested = (depth: number): string => `{"changes":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("A16 JSON from outside", () => {
  test("is let in up to a depth, and refused beyond it by the limit's name, however deep", () => {
    expect(readJson(nested(BODY_DEPTH_MAX))).toHaveProperty("json.changes");
    for (const depth of [BODY_DEPTH_MAX + 1, 2_000, 1_000_000])
      expect(readJson(nested(depth))).toMatchObject({ refused: "malformed", rule: expect.stringContaining("BODY_DEPTH_MAX") });
  });

  test("is refused when it is none", () => {
    for (const bad of ["", "{", "\u0000", "undefined", "{'a':1}"]) expect(readJson(bad)).toMatchObject({ refused: "malformed", rule: "the body must be JSON" });
    expect(readJson("null")).toEqual({ json: null });
  });
});
