/** The CRM as a process of its own: `CRM_TOKEN=… node hub/peers/crm/main.ts --feed URL --database FILE [--port N] [--host H]`. Prints its address. */
import { parseArgs } from "node:util";
import { startCrm } from "./server.ts";

const { values } = parseArgs({
  options: { feed: { type: "string" }, database: { type: "string" }, port: { type: "string", default: "0" }, host: { type: "string", default: "127.0.0.1" } },
});
const token = process.env["CRM_TOKEN"];
if (values.feed === undefined || values.database === undefined || token === undefined) {
  console.error("needs --feed URL, --database FILE and the environment variable CRM_TOKEN");
  process.exit(2);
}
const crm = await startCrm({ feedUrl: values.feed, token, databasePath: values.database, port: Number(values.port), host: values.host });
console.log(`ready ${crm.url}`);
