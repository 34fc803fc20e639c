/** What the CRM's page is made of: its own style and script, and the Chinese font from its package, so that it looks the same in any browser. */
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** `lasting`: its address carries its version, so that it never changes. */
export type PageFile = { readonly body: Uint8Array<ArrayBuffer>; readonly type: string; readonly lasting: boolean };

const OWN: Readonly<Record<string, string>> = {
  "crm.css": "text/css; charset=utf-8",
  "live.js": "text/javascript; charset=utf-8",
  "mark.svg": "image/svg+xml",
};

const require = createRequire(import.meta.url);
const FONT = dirname(require.resolve("@fontsource-variable/noto-sans-sc/index.css"));
const { version } = require("@fontsource-variable/noto-sans-sc/package.json") as { readonly version: string };
/** Its style sheet names the files beside it. */
export const FONT_STYLE = `/fonts/${version}/index.css`;

type Place = { readonly at: string; readonly type: string; readonly lasting: boolean };

/** Addresses and where their bytes are: nothing else is ever opened. */
const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ...Object.entries(OWN).map(([name, type]): [string, Place] => [`/${name}`, { at: join(import.meta.dirname, "public", name), type, lasting: false }]),
  [FONT_STYLE, { at: join(FONT, "index.css"), type: "text/css; charset=utf-8", lasting: true }],
  ...readdirSync(join(FONT, "files"))
    .filter((name) => name.endsWith(".woff2"))
    .map((name): [string, Place] => [`/fonts/${version}/files/${name}`, { at: join(FONT, "files", name), type: "font/woff2", lasting: true }]),
]);

export function readPageFile(path: string): PageFile | null {
  const place = PLACES.get(path);
  return place === undefined ? null : { body: new Uint8Array(readFileSync(place.at)), type: place.type, lasting: place.lasting };
}
