/** The WMS as a process of its own: `node hub/peers/wms/main.ts --database FILE [--port N] [--host H]`. Prints its address. */
import { parseArgs } from "node:util";
import { startWms } from "./server.ts";

const { values } = parseArgs({
  options: { database: { type: "string" }, port: { type: "string", default: "0" }, host: { type: "string", default: "127.0.0.1" } },
});
if (values.database === undefined) {
  console.error("needs --database FILE");
  process.exit(2);
}
const wms = await startWms({ databasePath: values.database, port: Number(values.port), host: values.host });
console.log(`ready ${wms.url}`);
