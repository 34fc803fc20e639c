import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDocument } from "./document.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "outpost-document-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const file = join(folder, "given.json");
  writeFileSync(file, text);
  return file;
}

test("L17 a field of a JSON document is found by its line, one that is missing by what it is missing from", () => {
  const { value, lineOf } = readDocument(written('{\n  "format": 1,\n  "agreements": [\n    { "id": "a",\n      "from": "soon" }\n  ]\n}\n'));
  expect(value).toMatchObject({ format: 1 });
  expect([lineOf("agreements.0.from"), lineOf("agreements.0.until"), lineOf("agreements.7.id"), lineOf("nothing"), lineOf(undefined)]).toEqual([
    ":5",
    ":4",
    ":3",
    ":1",
    "",
  ]);
});

test("L17 what is no JSON ends with the line at which it is none, and exit 2", () => {
  const said = (text: string): unknown[] => {
    try {
      readDocument(written(text));
    } catch (error) {
      return [(error as Error & { exitCode: number }).exitCode, (error as Error).message];
    }
    return [];
  };
  expect(said('{\n "a": 1\n "b": 2\n}')).toEqual([2, expect.stringMatching(/given\.json:3: not JSON here: comma expected/)]);
  expect(said("[]")).toEqual([2, expect.stringMatching(/a JSON object with "format"/)]);
  expect(said('{ "a": 1 } // why')).toEqual([2, expect.stringMatching(/:1: not JSON here/)]);
});
