/** The program of one more gateway on a site: the unit's WebSocket is its argument. Prints its port, and ends when its input ends. */
import { startGateway } from "../gateway/gateway.ts";

const upstream = process.argv[2] ?? "";
const gateway = await startGateway({ host: "127.0.0.1", port: 0, upstream: (unit) => `${upstream}/mqtt/${unit}`, unit: "plant" });
process.stdout.write(`${gateway.port}\n`);
process.stdin.resume().once("end", () => process.exit(0));
