/** An HTTP server on a port, 0 for any free one; resolves when it answers, rejects when the port is taken. */
import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";

export type Listening = { readonly url: string; close(): Promise<void> };

export function listen(fetch: (request: Request) => Response | Promise<Response>, port: number, hostname: string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, (address: AddressInfo) => {
      resolve({
        url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${address.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
    server.once("error", reject);
  });
}
