// The one line of this folder that is not TypeScript: the declarations of csv-parse bring those of Node with them, and with them every global
// that pure code must not have. What of it is used is declared in cut.d.ts.
export { CsvError, parse } from "csv-parse/sync";
