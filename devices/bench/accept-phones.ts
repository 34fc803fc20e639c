/**
 * Engineers' phones without the people: each hears by its live socket that something changed, asks for what it shows as the page does,
 * and accepts what it is offered at once. What is left is the machine's part.
 */
import { WebSocket } from "ws";
import { Phone } from "../../contracts/board.ts";
import { Down } from "../../contracts/down.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";

/** Without a word from the socket a page asks again after this. */
const POLL_MS = 5_000;
const ANSWER_MS = 10_000;

/** `visibleAt`: the phone has the answer in hand that holds the offer. `tookMs`: from the tap to the acknowledged acceptance. */
export type Accept = { readonly ticket: string; readonly visibleAt: number; readonly tookMs: number };

export type Phones = {
  readonly accepted: readonly Accept[];
  /** Offers that were gone when they were tapped, and questions that had no answer. */
  readonly failed: readonly string[];
  close(): void;
};

export async function openPhones(url: string, unit: string, engineers: readonly { readonly id: string; readonly token: string }[]): Promise<Phones> {
  const accepted: Accept[] = [];
  const failed: string[] = [];
  const tapped = new Set<string>();
  const base = `${url}/api/u/${unit}`;
  const phones = await Promise.all(engineers.map(({ token }) => open(token)));

  async function open(token: string): Promise<{ close(): void }> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/live`, { headers });
    let [asking, again] = [false, false];

    /** One question at a time; what changed meanwhile is asked for afterwards. */
    async function look(): Promise<void> {
      if (asking) return void (again = true);
      asking = true;
      try {
        do {
          again = false;
          const phone = Phone.parse(await (await fetch(`${base}/phone`, { headers, signal: AbortSignal.timeout(ANSWER_MS) })).json());
          const visibleAt = Date.now();
          const fresh = phone.offers.filter((offer) => offer.state === "open" && !tapped.has(offer.id));
          await Promise.all(fresh.map((offer) => accept(offer, visibleAt)));
        } while (again);
      } catch (error) {
        failed.push(String(error));
      } finally {
        asking = false;
      }
    }

    async function accept(offer: Phone["offers"][number], visibleAt: number): Promise<void> {
      tapped.add(offer.id);
      const from = performance.now();
      const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: "{}", signal: AbortSignal.timeout(ANSWER_MS) };
      const response = await fetch(`${base}/offers/${offer.id}/accept`, init);
      const text = await response.text();
      if (response.ok) accepted.push({ ticket: offer.ticket, visibleAt, tookMs: performance.now() - from });
      else failed.push(text.slice(0, 200));
    }

    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    socket.send(JSON.stringify({ type: "hello", version: PROTOCOL_VERSION }));
    socket.on("message", (text: Buffer) => isMine(text) && void look());
    const timer = setInterval(() => void look(), POLL_MS);
    await look();
    return {
      close() {
        clearInterval(timer);
        socket.terminate();
      },
    };
  }

  return { accepted, failed, close: () => phones.forEach((phone) => phone.close()) };
}

/** As the page has it: anything that is told to this phone, but where people are. */
function isMine(text: Buffer): boolean {
  const down = Down.parse(JSON.parse(text.toString()));
  return down.type === "changes" && down.changes.some(({ family }) => family !== "position" && family !== "device");
}
