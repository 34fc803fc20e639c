/** What is used of `csv-parse/sync`, declared without the types of Node. Where a record ends is told in bytes; its count of lines is wrong for breaks within quotes. */
export type CutOptions = {
  readonly delimiter: string;
  readonly record_delimiter: readonly string[];
  readonly relax_column_count: true;
  readonly skip_empty_lines: true;
  readonly max_record_size: number;
  readonly to?: number;
  readonly on_record: (cells: readonly string[], about: { readonly bytes: number }) => null;
};

/** @public (by way of cut.js) */
export declare function parse(text: Uint8Array, options: CutOptions): readonly unknown[];

/**
 * `CSV_QUOTE_NOT_CLOSED`, `CSV_INVALID_CLOSING_QUOTE`, `INVALID_OPENING_QUOTE`, `CSV_MAX_RECORD_SIZE`.
 * @public (by way of cut.js)
 */
export declare class CsvError extends Error {
  readonly code: string;
}
