/** Builds the unit's two pages, the hub's page and the server's landing page into dist/web. `OUTPOST_API` names a running unit for `vite dev`: its API and live socket are proxied. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const api = process.env["OUTPOST_API"] ?? "http://127.0.0.1:8787";

/** In development the pages answer at the addresses that the unit gives them. */
const addresses: Plugin = {
  name: "outpost-addresses",
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      if (request.url?.startsWith("/u/") === true) request.url = "/board.html";
      else if (request.url?.startsWith("/p/") === true) request.url = "/phone.html";
      else if (request.url === "/hub" || request.url?.startsWith("/hub/") === true) request.url = "/hub.html";
      next();
    });
  },
};

export default defineConfig({
  root: "edge/web",
  plugins: [react(), addresses],
  // The hub's page lies with the hub; its HTML stands beside the others, where Vite looks for it.
  // Tables are cut on the page as the hub cuts them, by the library's build for browsers: its other one wants Node's Buffer.
  resolve: { alias: { "/@hub": fileURLToPath(new URL("hub/web", import.meta.url)), "csv-parse/sync": "csv-parse/browser/esm/sync" } },
  server: { host: "127.0.0.1", proxy: { "/api": { target: api, ws: true }, "/enter": { target: api } } },
  worker: { format: "es" },
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    // Fonts stay files, loaded by range: inlined they would be in everybody's first load.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map is about 1 MB and arrives after the board is already shown.
    chunkSizeWarningLimit: 1_300,
    rolldownOptions: { input: { index: "edge/web/index.html", board: "edge/web/board.html", phone: "edge/web/phone.html", hub: "edge/web/hub.html" } },
  },
});
