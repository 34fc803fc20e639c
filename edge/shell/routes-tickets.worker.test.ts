/** The life of a ticket over HTTP, as the desk and the engineers ask it, with photographs that the unit keeps. */
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Board, Chain, Phone } from "../../contracts/board.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { PHOTO_BYTES_MAX } from "../../contracts/visit.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";
import type { Import } from "./unit-import.ts";

const title = { en: "Lock out and check it is dead", zh: "断电上锁并验电" };
const scenario: Scenario = {
  ...pumpVibration,
  faultModes: pumpVibration.faultModes.map((mode) =>
    mode.id === "unclear" ? { ...mode, checklist: [{ id: "lockout", title, before: "working" as const }], photosMin: 1 } : mode,
  ),
};
/** The smallest that begins as a JPEG does. */
const picture = (size = 400) => new Uint8Array(size).map((_, i) => [0xff, 0xd8, 0xff][i] ?? i % 251);

async function openUnit(name: string) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, scenario);
  await stub.putEntities(SITE, "test");
  const tokenOf = async (role: "dispatcher" | "engineer" | "customer" | "integrator", subject: string) =>
    ((await stub.addToken(role, subject)) as { token: string }).token;
  const [desk, wei, fang] = [await tokenOf("dispatcher", "desk"), await tokenOf("engineer", "li-wei"), await tokenOf("engineer", "wang-fang")];
  const call = async (
    token: string,
    path: string,
    body?: object | Uint8Array<ArrayBuffer>,
    type = "application/json",
  ): Promise<[number, Record<string, unknown>]> => {
    const sent = body === undefined ? {} : { method: "POST", body: body instanceof Uint8Array ? body : JSON.stringify(body) };
    const answer = await exports.default.fetch(
      new Request(`http://unit.test/api/u/${name}/${path}`, { headers: { authorization: `Bearer ${token}`, "content-type": type }, ...sent }),
    );
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };
  return {
    stub,
    desk: (path: string, body?: object) => call(desk, path, body),
    wei: (path: string, body?: object | Uint8Array<ArrayBuffer>, type?: string) => call(wei, path, body, type),
    fang: (path: string, body?: object) => call(fang, path, body),
    as: async (role: "customer" | "integrator", subject: string) => {
      const token = await tokenOf(role, subject);
      return (path: string, body?: object) => call(token, path, body);
    },
    board: async () => (await call(desk, "board"))[1] as Board,
    bytes: (path: string) => exports.default.fetch(new Request(`http://unit.test/api/u/${name}/${path}`, { headers: { authorization: `Bearer ${desk}` } })),
  };
}

test("T30 T33 from a person's wish to a closed ticket and back, over HTTP: steps, photographs, report, close, reopen", async () => {
  const { desk, wei, fang, board, bytes } = await openUnit("life");
  const [status, opened] = await desk("tickets", { id: "wish-1", asset: "pump-1", words: "it drips", crew: 1 });
  expect([status, opened]).toMatchObject([200, { ticket: { id: "wish-1", state: "offered", source: "person", to: "li-wei" } }]);
  expect(await desk("tickets", { id: "wish-1", asset: "pump-1", words: "it drips" })).toMatchObject([200, { ticket: { id: "wish-1" } }]);
  const refusals = [
    [{ asset: "pump-1" }, 400, "words"],
    [{ asset: "pump-1", words: "  " }, 400, "words"],
    [{ asset: "pump-1", words: "x", priority: "p9" }, 400, "priority"],
    [{ asset: "none", words: "x" }, 404, "asset"],
    [{ asset: "pump-1", words: "x", crew: 9 }, 400, "crew"],
    [{ asset: "pump-1", words: "x", colour: "red" }, 400, "colour"],
  ] as const;
  for (const [body, code, field] of refusals) {
    const [answered, refusal] = await desk("tickets", body);
    expect([answered, refusal["field"] ?? "", typeof refusal["mend"]]).toEqual([code, field, "string"]);
  }
  expect((await wei("tickets", { asset: "pump-1", words: "x" }))[0]).toBe(403);

  const [offer] = (await board()).offers;
  expect((await wei(`offers/${offer?.id}/accept`, {}))[0]).toBe(200);
  const at = "tickets/wish-1";
  expect(await wei(`${at}/progress`, { to: "working" })).toMatchObject([409, { refused: "steps-open", rule: expect.stringContaining("lockout") }]);
  expect(await wei(`${at}/checklist`, { step: "lockout", done: true })).toMatchObject([200, { ticket: { checklist: [{ doneBy: "li-wei" }] } }]);
  expect((await wei(`${at}/progress`, { to: "working" }))[0]).toBe(200);
  expect((await wei(`${at}/pause`, { reason: "parts", note: "seal on order" }))[0]).toBe(200);
  expect(await desk(`${at}/resume`, {})).toMatchObject([200, { ticket: { state: "assigned" } }]);
  // Who comes back makes the machine safe anew.
  expect(await wei(`${at}/progress`, { to: "working" })).toMatchObject([409, { refused: "steps-open", rule: expect.stringContaining("lockout") }]);
  expect((await wei(`${at}/checklist`, { step: "lockout", done: true }))[0]).toBe(200);
  expect((await wei(`${at}/progress`, { to: "working" }))[0]).toBe(200);

  const report = { to: "resolved", cause: "seal worn", causeCode: "wear", finding: "confirmed-fault", action: "seal replaced", partsUsed: [] };
  expect(await wei(`${at}/progress`, report)).toMatchObject([422, { refused: "incomplete", field: "photos" }]);
  const [, taken] = await wei(`${at}/photos?at=5`, picture(), "image/jpeg");
  const photo = taken["photo"] as { id: string; sha256: string };
  expect(taken).toMatchObject({ photo: { takenAt: 5, bytes: 400, type: "image/jpeg", by: "li-wei" } });
  expect((await wei(`${at}/photos?at=9`, picture(), "image/jpeg"))[1]).toMatchObject({ photo: { id: photo.id } });
  const shown = await bytes(`${at}/photos/${photo.id}`);
  expect([shown.headers.get("content-type"), new Uint8Array(await shown.arrayBuffer())]).toEqual(["image/jpeg", picture()]);
  expect((await bytes(`${at}/photos/${"0".repeat(32)}`)).status).toBe(404);
  expect(await fang(`${at}/photos/${photo.id}`)).toMatchObject([403, { refused: "not-yours" }]);
  expect(await wei(`${at}/photos`, picture(), "text/html")).toMatchObject([400, { field: "content-type" }]);
  expect((await wei(`${at}/photos`, picture().fill(0), "image/jpeg"))[0]).toBe(400);
  expect((await wei(`${at}/photos`, picture(PHOTO_BYTES_MAX + 1), "image/jpeg"))[0]).toBe(413);
  expect((await wei("tickets/none/photos", picture(), "image/jpeg"))[0]).toBe(404);

  expect(await wei(`${at}/progress`, report)).toMatchObject([200, { ticket: { state: "resolved", photos: [{ id: photo.id, takenAt: 5 }] } }]);
  expect(await desk(`${at}/close`, {})).toMatchObject([200, { ticket: { state: "closed", closedBy: "desk" } }]);
  expect(await desk(`${at}/reopen`, { why: "drips again" })).toMatchObject([200, { ticket: { id: "wish-1", state: "offered", reopened: { times: 1 } } }]);
  expect(await desk(`${at}/reopen`, {})).toMatchObject([400, { field: "why" }]);
  const chain = (await desk(`${at}/chain`))[1] as Chain;
  expect(chain.ticket.history?.map(({ to, as }) => `${to} ${as}`)).toEqual([
    "open dispatcher",
    "offered unit",
    "assigned engineer",
    "working engineer",
    "paused engineer",
    "assigned dispatcher",
    "working engineer",
    "resolved engineer",
    "closed dispatcher",
    "reopened dispatcher",
    "offered unit",
  ]);
  expect([chain.alarm, chain.steps[0]?.step]).toEqual([undefined, "ticket"]);
});

test("T28 T31 T24 windows, shelves, complaints, parts of a job and helpers over HTTP", async () => {
  const { stub, desk, wei, fang, board } = await openUnit("desk-life");
  const now = Date.now();
  expect((await desk("suppressions", { id: "w-1", asset: "pump-1", from: now - 1_000, to: now + 60_000, recurs: "none", why: "service" }))[0]).toBe(200);
  expect(await desk("suppressions", { from: 2, to: 1, recurs: "none", why: "x" })).toMatchObject([400, { field: "to" }]);
  await stub.applyVerdicts({ unit: "desk-life", slice: 0, from: 1, verdicts: [verdictAt(now)] });
  const quiet = await board();
  expect([quiet.tickets, quiet.suppressions, quiet.alarms]).toMatchObject([[], [{ id: "w-1", counted: 1 }], [{ suppressed: { by: "w-1" } }]]);
  const alarm = quiet.alarms[0]?.id ?? "";
  expect((await desk(`alarms/${alarm}/shelve`, { until: now + 60_000, why: "sensor" }))[0]).toBe(200);
  expect((await desk("suppressions/w-1/end", {}))[0]).toBe(200);
  expect((await board()).tickets).toEqual([]);
  expect((await desk(`alarms/${alarm}/unshelve`, {}))[0]).toBe(200);
  expect((await board()).tickets).toMatchObject([{ alarm, state: "offered" }]);

  const [, said] = await desk("complaints", { id: "c-1", asset: "pump-1", words: "it howls" });
  expect(said).toMatchObject({ ticket: { alarm, complaints: [{ id: "c-1", words: "it howls", alarms: [alarm] }] } });
  const job = (said["ticket"] as Ticket).id;
  expect(await desk("tickets", { id: "whole", asset: "pump-1", words: "overhaul", crew: 2 })).toMatchObject([200, { ticket: { crew: 2 } }]);
  expect(await desk(`tickets/${job}/parent`, { parent: "whole" })).toMatchObject([200, { ticket: { parent: "whole" } }]);
  expect((await desk(`tickets/whole/parent`, { parent: job }))[0]).toBe(400);
  const chain = (await desk(`tickets/whole/chain`))[1] as Chain;
  expect(chain.kin.map(({ id }) => id)).toEqual([job]);

  // Both jobs are offered to the two engineers; whoever takes the whole one is joined by the other.
  const offers = (await board()).offers.filter(({ state }) => state === "open");
  const whole = offers.find(({ ticket }) => ticket === "whole");
  const [lead, helper, name] = whole?.engineer === "li-wei" ? [wei, fang, "wang-fang"] : [fang, wei, "li-wei"];
  const other = offers.find(({ ticket }) => ticket === job);
  if (other !== undefined) expect((await helper(`offers/${other.id}/decline`, { reason: "busy" }))[0]).toBe(200);
  expect((await lead(`offers/${whole?.id}/accept`, {}))[0]).toBe(200);
  const asked = (await board()).offers.find((offer) => offer.as === "helper");
  expect((await helper("phone"))[1]).toMatchObject({ tickets: [{ id: "whole" }], assets: [{}] });
  expect(asked).toMatchObject({ engineer: name, ticket: "whole", state: "open" });
  expect((await helper(`offers/${asked?.id}/accept`, {}))[0]).toBe(200);
  const phone = (await helper("phone"))[1] as Phone;
  expect(phone.tickets.map(({ id }) => id)).toContain("whole");
  expect(await desk("tickets/whole/leave", {})).toMatchObject([400, { field: "engineer" }]);
  expect(await helper("tickets/whole/leave", {})).toMatchObject([200, { ticket: { helpers: [] } }]);
  expect(await desk("tickets/whole/return", { why: "ill" })).toMatchObject([200, { ticket: { state: expect.stringMatching(/open|offered/) } }]);
});

test("P9 over HTTP a position is of when the phone says it was, never of later than now, and an old one is dropped", async () => {
  const { wei, board } = await openUnit("places");
  const place = { lat: 28.25, lon: 112.95 };
  const atOf = async () => (await board()).positions.find(({ id }) => id === "li-wei")?.at;
  const now = Date.now();
  const long = now - 9 * 3_600_000;
  for (const [at, expected] of [
    [long, undefined],
    [now - 300_000, now - 300_000],
    [long, now - 300_000],
  ] as const) {
    expect((await wei("position", { place, at }))[0]).toBe(200);
    expect(await atOf()).toBe(expected);
  }
  expect((await wei("position", { place, at: now + 3_600_000 }))[0]).toBe(200);
  expect(await atOf()).toBeGreaterThanOrEqual(now);
  expect(await atOf()).toBeLessThanOrEqual(Date.now());
  expect(await wei("position", { place, at: "today" })).toMatchObject([400, { field: "at" }]);
});

test("T35 customers and the CRM speak over HTTP: of their own machines, once for each id, with the evidence, and not too often", async () => {
  const { stub, desk, as } = await openUnit("callers");
  const other = {
    id: "pump-9",
    name: "Pump 9",
    kind: "pump",
    model: "P-180",
    customer: "rest",
    position: { lat: 28.2, lon: 112.9 },
    moves: false,
    installedAt: 1,
  };
  const entities: Import["entities"] = [
    { family: "customer", entity: { id: "rest", name: "The rest" } },
    { family: "asset", entity: other },
  ];
  await stub.putEntities({ entities }, "test");
  expect(await stub.addToken("customer", "nobody-here")).toMatchObject({ refused: "unknown-entity", field: "subject" });
  const [customer, crm] = [await as("customer", "own"), await as("integrator", "crm")];
  const now = Date.now();
  await stub.applyVerdicts({ unit: "callers", slice: 0, from: 1, verdicts: [{ ...verdictAt(now), fresh: false }] });

  const said = { id: "c-1", asset: "pump-1", words: "夜里有异响 it howls" };
  const [status, first] = await customer("complaints", said);
  expect([status, first]).toMatchObject([
    200,
    {
      complaint: { id: "c-1", words: said.words },
      job: { state: "offered" },
      joined: false,
      said: { en: "Noted, and a job is opened. The machine had reported it before: 1.", zh: expect.stringContaining("1 条异常") },
      anomalies: [{ title: { en: expect.any(String), zh: expect.any(String) }, evidence: [{ title: { zh: expect.any(String) }, share: expect.any(Number) }] }],
    },
  ]);
  expect(JSON.stringify(first)).not.toMatch(/li-wei|wang-fang/);
  const job = (first["job"] as { id: string }).id;
  expect(await customer("complaints", said)).toMatchObject([200, { job: { id: job }, joined: false }]);
  expect(await desk("complaints", { id: "c-2", asset: "pump-1", words: "still" })).toMatchObject([200, { ticket: { id: job }, joined: true, anomalies: [{}] }]);
  for (const [body, code, field] of [
    [{ asset: "pump-9", words: "x" }, 404, "asset"],
    [{ asset: "none", words: "x" }, 404, "asset"],
    [{ asset: "pump-1", words: " " }, 400, "words"],
    [{ asset: "pump-1", words: "x", priority: "p1" }, 400, "priority"],
    [{ asset: "pump-1", words: "x", id: "a b" }, 400, "id"],
  ] as const)
    expect(await customer("complaints", body)).toMatchObject([code, { field, mend: expect.any(String), rule: expect.any(String) }]);
  for (const path of [`tickets/${job}/cancel`, "tickets", `tickets/${job}/close`, "suppressions"]) expect((await customer(path, { why: "x" }))[0]).toBe(403);
  expect((await customer("board"))[0]).toBe(403);

  // The CRM opens, calls off and reopens; the customer too says that it is not mended, of their own machines only.
  expect(await crm("tickets", { id: "crm-7", asset: "pump-9", words: "yearly service" })).toMatchObject([
    200,
    { ticket: { id: "crm-7", history: [{ by: "crm", as: "crm" }, {}] } },
  ]);
  expect(await crm("tickets/crm-7/cancel", { why: "sold" })).toMatchObject([
    200,
    { ticket: { state: "cancelled", history: [{}, {}, { as: "crm", why: "sold" }] } },
  ]);
  expect(await customer("tickets/crm-7/reopen", { why: "x" })).toMatchObject([404, { refused: "unknown-ticket" }]);
  expect(await crm("tickets/crm-7/reopen", { why: "not sold" })).toMatchObject([200, { ticket: { state: "offered", reopened: { times: 1 } } }]);
  expect(await crm("tickets/crm-7/reopen", { why: "not sold" })).toMatchObject([409, { refused: "wrong-state", mend: expect.any(String) }]);
  await desk(`tickets/${job}/cancel`, { why: "nothing heard" });
  const [, again] = await customer(`tickets/${job}/reopen`, { why: "it does howl" });
  expect(again).toEqual({ job: expect.objectContaining({ id: job, state: "offered" }) });

  const rest = await Promise.all(Array.from({ length: 10 }, (_, i) => customer("complaints", { id: `many-${i}`, asset: "pump-1", words: "again" })));
  expect(rest.filter(([code]) => code === 429).length).toBeGreaterThan(0);
  expect(rest.find(([code]) => code === 429)?.[1]).toMatchObject({ refused: "too-many", mend: expect.stringContaining("wait") });
  expect((await crm("complaints", { id: "by-crm", asset: "pump-9", words: "loud" }))[0]).toBe(200);
});
