/**
 * Where the hub may send: public https addresses. Method: what the specification of Standard Webhooks says about forged server-side requests.
 * Judged is what the platform's URL parser made of the text, so that decimal, octal, hexadecimal, full-width and percent-encoded forms of a
 * host are seen as what they mean.
 *
 * Not covered: a public name that points at a private address, now or later (DNS rebinding): a Worker can't see what a name resolves to.
 * Deployed, requests leave through the platform's public edge, which reaches no private network; plain workerd holds the address after the
 * look-up against its network's `allow = ["public"]`, the default. The local server's does not.
 */
import { type Refusal, refuse } from "../../contracts/refusal.ts";

export const URL_CHARS_MAX = 2_048;
const PORTS: readonly string[] = ["", "443", "8443"];

/** The parts of a parsed URL, as the platform's `URL` names them. */
export type UrlParts = { readonly protocol: string; readonly hostname: string; readonly port: string; readonly username: string; readonly password: string };

/** Names that resolve inside a network, or nowhere. */
const INNER_NAMES = ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "arpa", "svc", "test", "invalid", "onion"];

/** IPv4 networks that are not public (IANA special-purpose registry), and one address of a cloud's own. */
const INNER_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Inside 2000::/3, the only IPv6 that is public at all: protocol assignments with Teredo, documentation, 6to4 (which carries any IPv4). */
const INNER_V6: readonly (readonly [number, number, number])[] = [
  // First group, second group, bits.
  [0x2001, 0x0000, 23],
  [0x2001, 0x0db8, 32],
  [0x2002, 0x0000, 16],
  [0x3fff, 0x0000, 20],
];

/** Null when the hub may send there. `local`: a demo or a test on this machine, where http and any host are let through. Refuses `forbidden-address` and `malformed`. */
export function judgeAddress(text: string, parts: UrlParts | null, local: boolean): Refusal | null {
  if (parts === null || text.length > URL_CHARS_MAX) return refuse("malformed", `a URL of at most ${URL_CHARS_MAX} characters`, "give a full https URL", "url");
  if (parts.username !== "" || parts.password !== "") return no("no user name or password in the URL", "leave them out: what is sent is signed");
  if (parts.protocol !== "https:" && !(local && parts.protocol === "http:")) return no("https only", "serve it over https");
  if (local) return null;
  if (!PORTS.includes(parts.port)) return no("port 443 or 8443", "serve it on one of these ports");
  const host = parts.hostname.replace(/\.$/, "").toLowerCase();
  if (host.startsWith("[")) return isPublicV6(host.slice(1, -1)) ? null : no("a public IPv6 address", "give a public host name");
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return judgeV4(text, host);
  const labels = host.split(".");
  if (labels.length < 2 || INNER_NAMES.includes(labels.at(-1) ?? "")) return no("a public host name", "names inside a network are not reached from here");
  return null;
}

/** Odd spellings of an address (decimal, hexadecimal, octal, short) have one use only. */
function judgeV4(text: string, host: string): Refusal | null {
  const spelt = /^[a-z]+:\/\/([^/:?#\\]+)/i.exec(text.trim())?.[1];
  if (spelt !== host) return no("an IPv4 address in its usual spelling", "give a public host name");
  const address = v4(host);
  const inner = INNER_V4.some(([network, bits]) => (address ^ v4(network)) >>> (32 - bits) === 0);
  return inner ? no("a public IPv4 address", "give a public host name") : null;
}

function v4(text: string): number {
  return text.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

/** `text` is as the URL parser writes it: lower case, `::` at most once, no dotted tail. */
function isPublicV6(text: string): boolean {
  const [head = "", tail] = text.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - after.length }, () => "0");
  const numbers = [...groups, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  const [first = 0, second = 0] = numbers;
  if (numbers.length !== 8 || numbers.some(Number.isNaN) || first >>> 13 !== 1) return false;
  const front = ((first << 16) | second) >>> 0;
  return !INNER_V6.some(([a, b, bits]) => (front ^ (((a << 16) | b) >>> 0)) >>> (32 - bits) === 0);
}

function no(rule: string, mend: string): Refusal {
  return refuse("forbidden-address", rule, mend, "url");
}
