import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { CELL_CHARS_MAX, COLUMNS_MAX, CSV_BYTES_MAX, ROWS_MAX, type Table, readCsv, readText, writeCsv } from "./csv.ts";

function tableOf(text: string, wanted: readonly string[] = []): Table<string> {
  const table = readCsv(text, wanted);
  if (isRefusal(table)) throw new Error(`${table.rule}: ${table.mend}`);
  return table;
}

test.each([
  ["comma", "id,name\r\nA1,Pump\r\n"],
  ["semicolon", "id;name\nA1;Pump"],
  ["tab and old line ends", "id\tname\rA1\tPump\r"],
  ["byte-order mark", "\uFEFFid,name\r\nA1,Pump\r\n"],
  ["Excel's own line", 'sep=;\r\n"id";"name"\r\nA1;Pump\r\n'],
])("MD1 %s", (_, text) => {
  const { columns, rows } = tableOf(text);
  expect(columns).toEqual(["id", "name"]);
  expect(rows.map(({ cells }) => cells)).toEqual([["A1", "Pump"]]);
});

test("MD1 the delimiter is the one by which the columns wanted are found", () => {
  expect(tableOf("a,b,c;name\n1,2,3;x", ["name"]).columns).toEqual(["a,b,c", "name"]);
  expect(tableOf("a,b,c;name\n1,2,3;x").columns).toEqual(["a", "b", "c;name"]);
});

test("MD1 every row knows the line on which it begins, breaks within quotes and empty lines counted", () => {
  const { rows } = tableOf('a,b\r\n1,"x\r\n\r\ny"\r\n\r\n\r\n2,z\r\n"3\nq",\n4,5');
  expect(rows.map(({ line }) => line)).toEqual([2, 7, 8, 10]);
  expect(rows[0]?.cells).toEqual(["1", "x\r\n\r\ny"]);
});

test("MD1 a file whose quotes do not add up is refused with the line of the row", () => {
  expect(readCsv('a,b\n1,2\n3,"x\n4,5\n', [])).toMatchObject({ refused: "malformed", field: "line 3" });
  expect(readCsv('a,b\n1,2\n\n3,"x"y\n4,5\n', [])).toMatchObject({ refused: "malformed", field: "line 4", rule: "after a closing quote comes the next cell" });
  expect(readCsv("", [])).toMatchObject({ refused: "malformed", field: "file" });
  expect(readCsv("a,a\n1,2", [])).toMatchObject({ refused: "malformed", field: "a" });
});

test("MD1 bytes are read as the encoding that is named, and never as another one", () => {
  const gb = new Uint8Array([0xb1, 0xc3, 0x2c, 0x31]);
  expect(readText(gb)).toMatchObject({ refused: "malformed", field: "encoding" });
  expect(readText(gb, "gb18030")).toBe("泵,1");
  expect(readText(gb, "no-such")).toMatchObject({ refused: "malformed", field: "encoding" });
});

test("MD2 what a spreadsheet would take for a formula is written as a text, and read back as it was", () => {
  const cells = ["=1+1", "+86 731", "-2+3", "@SUM(A1)", "\tx", "＝1", "'=1", "-9.5", "'", "a=b", "-"];
  const text = writeCsv(
    ["c"],
    cells.map((cell) => [cell]),
  );
  const opened = parse(text, { bom: true }).flat().slice(1);
  expect(opened).toEqual(["'=1+1", "'+86 731", "'-2+3", "'@SUM(A1)", "'\tx", "'＝1", "''=1", "-9.5", "'", "a=b", "'-"]);
  expect(tableOf(text).rows.map((row) => row.cells[0])).toEqual(cells);
});

test("MD2 any table reads back as it was written, by us and by others", () => {
  const cell = fc.oneof(fc.string({ unit: "grapheme-composite" }), fc.string({ unit: fc.constantFrom(..."=+-@'\";,\t\r\n a1") }));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
      const text = writeCsv(["one", "two"], rows);
      expect(tableOf(text, ["one"]).rows.map(({ cells }) => cells)).toEqual(rows);
      for (const [i, row] of parse(text, { bom: true }).slice(1).entries()) {
        for (const [j, shown] of row.entries()) {
          expect(shown).not.toMatch(/^[=+@\t\r\n]|^-(?!\d+(?:\.\d+)?$)/);
          expect([rows[i]?.[j], `'${rows[i]?.[j]}`]).toContain(shown);
        }
      }
    }),
  );
});

test("MD3 bytes, rows and columns have limits, with names", () => {
  expect(readText(new Uint8Array(CSV_BYTES_MAX + 1))).toMatchObject({ refused: "too-large", field: "file" });
  expect(readCsv(`a\n${"x".repeat(CSV_BYTES_MAX)}`, [])).toMatchObject({ refused: "too-large" });
  expect(readCsv(`a,b\n${"1,2\n".repeat(ROWS_MAX + 1)}`, [])).toMatchObject({ refused: "too-many" });
  expect(tableOf(`a,b\n${"1,2\n".repeat(ROWS_MAX)}`).rows).toHaveLength(ROWS_MAX);
  expect(readCsv(Array.from({ length: COLUMNS_MAX + 1 }, (_, i) => `c${i}`).join(","), [])).toMatchObject({ refused: "too-many" });
  expect(readCsv(`a,b\n1,"${"x".repeat(CELL_CHARS_MAX * 20)}\n`, [])).toMatchObject({ refused: "malformed", field: "line 2" });
});
