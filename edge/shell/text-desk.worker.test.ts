/** Words of a unit's jobs, in workerd: the encoder's figures are those of the kit, and earlier jobs and recurring faults come over HTTP. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Board } from "../../contracts/board.ts";
import { Recurring, SimilarTickets } from "../../contracts/past.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE } from "../fixture/site.ts";
import golden from "../text/fixture/golden.json";
import { BAD_NOTES, ENCODED_DIFFERENCE_MAX } from "../text/fixture/said.ts";
import { openEncoder } from "./text.ts";

test("VT3 in workerd the encoder gives what the training kit gives, within 1e-5", async () => {
  const encode = await openEncoder();
  for (const { text, vector } of golden) {
    const made = await encode(text);
    expect(Math.max(...vector.map((value, i) => Math.abs(value - (made[i] ?? Number.NaN))))).toBeLessThanOrEqual(ENCODED_DIFFERENCE_MAX);
  }
});

test("VT8 VT9 VT10 a unit finds its earlier jobs by their words and tells what comes again, after a restart too; whatever was written", async () => {
  const name = "worded";
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, pumpVibration);
  await stub.putEntities(SITE, "test");
  const tokenOf = async (role: "operations" | "dispatcher" | "engineer", subject: string) => ((await stub.addToken(role, subject)) as { token: string }).token;
  const [desk, engineer] = [await tokenOf("dispatcher", "desk"), await tokenOf("engineer", "li-wei")];
  const call = async (method: "GET" | "POST", path: string, body?: object, token = desk): Promise<[number, unknown]> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await exports.default.fetch(
      new Request(`http://unit.test/api/u/${name}/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
    return [answer.status, await answer.json()];
  };
  const asset = "pump-1";
  const open = async (words: string): Promise<string> => {
    const [status, answer] = await call("POST", "tickets", { asset, words });
    expect([words.slice(0, 20), status, JSON.stringify(answer).slice(0, 200)]).toEqual([words.slice(0, 20), 200, expect.anything()]);
    return (answer as { ticket: { id: string } }).ticket.id;
  };
  const mend = async (ticket: string): Promise<void> => {
    const { offers } = (await stub.board()) as Board;
    const offer = offers.find((one) => one.ticket === ticket && one.state === "open");
    const token = offer?.engineer === "li-wei" ? engineer : await tokenOf("engineer", offer?.engineer ?? "");
    const report = { to: "resolved", cause: "动环裂", causeCode: "seal-leak", action: "换机封", partsUsed: [] };
    expect(await call("POST", `offers/${offer?.id}/accept`, {}, token)).toMatchObject([200, {}]);
    for (const body of [{ to: "travelling" }, { to: "working" }, report])
      expect(await call("POST", `tickets/${ticket}/progress`, body, token)).toMatchObject([200, {}]);
  };
  const leaks = [await open("水泵轴封一直漏水"), await open("轴封漏水，地面有水"), await open("机封漏水，泵轴滴水")];
  for (const note of BAD_NOTES) if (note.trim() !== "") await open(note.slice(0, 1_000));
  const [, before] = await call("GET", "recurring");
  const told = Recurring.parse(before);
  expect(told.groups.flatMap(({ tickets }) => tickets)).toEqual(expect.arrayContaining(leaks));
  await evictDurableObject(stub);
  expect((await call("GET", "recurring"))[1]).toEqual(before);
  // Nothing is done yet: there is no earlier job.
  expect(SimilarTickets.parse((await call("GET", `tickets/${leaks[0]}/similar`))[1])).toEqual({ read: 0, tickets: [] });
  await mend(leaks[0] ?? "");
  expect(SimilarTickets.parse((await call("GET", `tickets/${leaks[1]}/similar`))[1])).toMatchObject({
    read: 1,
    tickets: [{ ticket: leaks[0], said: "水泵轴封一直漏水", cause: "动环裂", action: "换机封", state: "resolved" }],
  });
  expect(await call("GET", "tickets/none/similar")).toMatchObject([404, { refused: "unknown-ticket" }]);
  expect(await call("GET", "recurring", undefined, engineer)).toMatchObject([403, { refused: "not-permitted" }]);
});
