/** What each page hears on its live socket: its own, and nothing where nothing is. */
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Down } from "../../contracts/down.ts";
import { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE } from "../fixture/site.ts";

type Changes = Extract<Down, { type: "changes" }>;

test("A12 an engineer hears of their own offers and jobs and that they lost one, the desk of all, and nobody hears an empty message", async () => {
  const name = "hears";
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, Scenario.parse({ ...pumpVibration, dispatch: { ...pumpVibration.dispatch, planner: false } }));
  await stub.putEntities(SITE, "test");
  const call = async (token: string, path: string, body?: object): Promise<Response> =>
    exports.default.fetch(
      new Request(`http://unit.test/api/u/${name}/${path}`, {
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? { upgrade: "websocket" } : {}) },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      }),
    );
  const watch = async (role: "dispatcher" | "engineer", subject: string) => {
    const { token } = (await stub.addToken(role, subject)) as { token: string };
    const socket = (await call(token, "live")).webSocket;
    if (socket === null) throw new Error("no socket");
    const heard: Changes[] = [];
    const plans = { heard: 0 };
    socket.addEventListener("message", ({ data }) => {
      const down = JSON.parse(String(data)) as Down;
      if (down.type === "changes") heard.push(down);
      if (down.type === "plan") plans.heard++;
    });
    socket.accept();
    return {
      heard,
      plans,
      say: async (path: string, body: object) => expect((await call(token, path, body)).status).toBe(200),
      families: () => heard.map(({ changes }) => changes.map(({ family }) => family).join(" ")),
      last: () => heard.at(-1)?.changes ?? [],
    };
  };
  const desk = await watch("dispatcher", "desk");
  const wei = await watch("engineer", "li-wei");
  const fang = await watch("engineer", "wang-fang");
  const offerTo = (one: typeof wei) => one.last().flatMap((c) => (c.family === "offer" && c.entity.state === "open" ? [c.entity.id] : []))[0];

  await desk.say("tickets", { id: "job", asset: "pump-1", words: "it drips" });
  await expect.poll(() => desk.heard.length).toBe(1);
  await expect.poll(() => wei.heard.length).toBe(1);
  expect(wei.families()[0]).toContain("ticket");
  await wei.say(`offers/${offerTo(wei)}/decline`, { reason: "busy" });
  await expect.poll(() => fang.heard.length).toBe(1);
  // The first that is told to her is hers, and the first by its number; he hears that his offer is over, and not whom it goes to.
  expect([fang.heard[0]?.seq, new Set(fang.last().map((c) => ("engineer" in c.entity ? c.entity.engineer : "")))]).toEqual([1, new Set(["", "wang-fang"])]);
  expect(wei.last()).toMatchObject([{ family: "offer", entity: { engineer: "li-wei", state: "declined" } }]);

  await fang.say(`offers/${offerTo(fang)}/accept`, {});
  await expect.poll(() => fang.heard.length).toBe(2);
  // Opened, declined, accepted: each time everybody's day is another, which is the desk's to know. A window moves nobody.
  expect([desk.plans.heard, wei.plans.heard, fang.plans.heard]).toEqual([3, 0, 0]);
  await desk.say("suppressions", { id: "w", asset: "pump-1", from: Date.now(), to: Date.now() + 60_000, recurs: "none", why: "service" });
  await desk.say("tickets/job/cancel", { why: "sold" });
  await expect.poll(() => desk.heard.length).toBe(5);
  await expect.poll(() => fang.heard.length).toBe(3);
  expect(fang.last()).toMatchObject([{ family: "offer", entity: { engineer: "wang-fang", ticket: "job" } }]);
  expect(desk.plans.heard).toBe(4);
  await fang.say("engineers/wang-fang/absence", { until: Date.now() + 3_600_000 });
  await expect.poll(() => fang.last()).toMatchObject([{ family: "engineer", entity: { id: "wang-fang", absences: [{}] } }]);
  await expect.poll(() => desk.plans.heard).toBe(5);
  for (const page of [desk, wei, fang]) {
    expect(page.heard.map(({ seq }) => seq)).toEqual(page.heard.map((_, i) => i + 1));
    expect(page.heard.every(({ changes }) => changes.length > 0)).toBe(true);
  }
  expect(wei.heard).toHaveLength(2);
  expect(wei.families().join(" ")).not.toContain("suppression");
});
