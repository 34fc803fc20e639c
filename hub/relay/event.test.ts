import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Origin, type FeedItem } from "../../contracts/delta/operation.ts";
import { START } from "../feed/cursor.ts";
import { operationOf } from "../merge/fixture/unit.ts";
import { EVENT_BYTES_MAX, eventId, eventOf, resyncOf } from "./cloud-event.ts";
import { type Filter, passes, typeOf } from "./filter.ts";
import { lagOf } from "./lag.ts";

type Over = Partial<FeedItem["operation"]>;
const itemOf = (over: Over = {}, stream: FeedItem["stream"] = "tickets"): FeedItem => ({
  cursor: "MTs-CURSOR",
  stream,
  operation: { ...operationOf("plant", 7), hubSeq: 41, epoch: 2, version: 3, outcome: "applied", appliedAt: 2_000_000, stream, ...over },
});
const TIME = "2026-11-22T01:02:03.004Z";

test("O19 a value that came sealed, its receiver having no purpose for it, is left out and said to be; others stay", () => {
  const sealed = { $sealed: "00" };
  const writer = { hlc: operationOf("plant", 1).hlc, origin: Origin.parse("plant@1") };
  const data = (over: Over): unknown => eventOf("default", itemOf({ entity: "customer", attr: "contact", ...over }), "operation", TIME).data;
  expect(data({ value: sealed })).not.toHaveProperty("value");
  expect(data({ value: sealed })).toMatchObject({ attr: "contact", version: 3, personalOmitted: true });
  const held = [{ ...writer, value: sealed }, { ...writer, value: "plain" }, writer];
  expect(data({ value: "shown", held })).toMatchObject({
    value: "shown",
    held: [writer, { ...writer, value: "plain" }, writer],
    personalOmitted: true,
  });
  expect(JSON.stringify(data({ value: sealed, held }))).not.toContain("$sealed");
  expect(data({ value: { person: "Ms Zhou" } })).toMatchObject({ value: { person: "Ms Zhou" } });
  expect(data({ value: 1, held: [writer] })).not.toHaveProperty("personalOmitted");
});

describe("O2 an event is a CloudEvents 1.0 envelope", () => {
  const event = eventOf("default", itemOf(), "nudge", TIME);

  test("with the attributes that the specification requires, and names for its own that it allows", () => {
    expect(event).toEqual({
      specversion: "1.0",
      id: "tickets-2-41",
      source: "/tenants/default/units/plant",
      type: "outpost.operation.v1",
      subject: "assignment/ticket-plant",
      time: TIME,
      datacontenttype: "application/json",
      stream: "tickets",
      epoch: 2,
      hubseq: 41,
      cursor: "MTs-CURSOR",
      data: { entity: "assignment", id: "ticket-plant", attr: "engineer", op: "set", outcome: "applied", version: 3 },
    });
    for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  test("whose id is the same for each attempt and differs between operations, without a full stop, by which the signature joins", () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(), fc.nat()), fc.tuple(fc.nat(), fc.nat()), ([e1, h1], [e2, h2]) => {
        const [a, b] = [eventId(itemOf({ epoch: e1, hubSeq: h1 })), eventId(itemOf({ epoch: e2, hubSeq: h2 }))];
        expect(a === b).toBe(e1 === e2 && h1 === h2);
        expect(a).not.toContain(".");
      }),
    );
  });

  test("that says which kind of outcome it tells of", () => {
    expect(typeOf(itemOf())).toBe("outpost.operation.v1");
    expect(typeOf(itemOf({ outcome: "lost" }))).toBe("outpost.conflict.v1");
    expect(typeOf(itemOf({ outcome: "dead" }))).toBe("outpost.deadletter.v1");
  });

  test("a unit's incarnation is none of the receiver's business", () => {
    expect(eventOf("default", itemOf({ origin: Origin.parse("plant@0198-abc") }), "nudge", TIME).source).toBe("/tenants/default/units/plant");
  });

  test("that replaces many is a nudge to read the feed from a place, or from the beginning", () => {
    const resync = resyncOf("default", "0198", 3, "more than 100000 operations behind", { from: "A", to: "B" }, TIME);
    expect(resync).toMatchObject({
      specversion: "1.0",
      id: "resync-0198-3",
      source: "/tenants/default",
      type: "outpost.resync.v1",
      cursor: "B",
      data: { from: "A", to: "B" },
    });
  });
});

describe("O3 a nudge holds no values", () => {
  test("whatever the operation says: not its value, not who, not why", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 8 }), (value, secret) => {
        const marked = { value: { secret: `S3CRET${secret}`, value }, actor: "S3CRET-actor", reason: "S3CRET-reason" } as Over;
        expect(JSON.stringify(eventOf("default", itemOf(marked), "nudge", TIME))).not.toContain("S3CRET");
        expect(JSON.stringify(eventOf("default", itemOf(marked), "operation", TIME))).toContain("S3CRET");
      }),
    );
  });

  test("an operation goes whole where that was chosen, unless it is larger than the specification advises: then it is said to be", () => {
    expect(eventOf("default", itemOf({ value: "x".repeat(100) }), "operation", TIME).data).toEqual(itemOf({ value: "x".repeat(100) }).operation);
    const large = eventOf("default", itemOf({ value: "客".repeat(EVENT_BYTES_MAX / 3) }), "operation", TIME);
    expect(large.data).toEqual({ ...(eventOf("default", itemOf(), "nudge", TIME).data as object), valueOmitted: true });
  });
});

describe("O9 a filter lets through what was asked for", () => {
  const ticket = itemOf({ entity: "ticket", id: "t-1", attr: "priority" });
  test.each<[string, Filter, boolean]>([
    ["everything when nothing is named", {}, true],
    ["a stream", { streams: ["tickets"] }, true],
    ["not another stream", { streams: ["assets", "people"] }, false],
    ["an entity", { entities: ["alarm", "ticket"] }, true],
    ["not another entity", { entities: ["alarm"] }, false],
    ["an attribute", { attrs: ["priority"] }, true],
    ["an attribute of the entity", { attrs: ["ticket.priority"] }, true],
    ["not the same attribute of another entity", { attrs: ["alarm.priority"] }, false],
    ["not another attribute", { attrs: ["state", "ticket.state"] }, false],
    ["only what fits all", { streams: ["tickets"], entities: ["ticket"], attrs: ["state"] }, false],
  ])("%s", (_, filter, expected) => expect(passes(filter, ticket)).toBe(expected));

  test("a deletion of the whole entity concerns each of its attributes, and those of no other entity", () => {
    const gone = itemOf({ entity: "ticket", attr: "", op: "delete" });
    expect(passes({ attrs: ["priority"] }, gone)).toBe(true);
    expect(passes({ attrs: ["ticket.priority"] }, gone)).toBe(true);
    expect(passes({ attrs: ["alarm.state"] }, gone)).toBe(false);
    expect(passes({ entities: ["alarm"] }, gone)).toBe(false);
  });
});

describe("O13 lag", () => {
  const at = (tickets: number, epoch = 1): typeof START => ({ ...START, tickets: { ...START.tickets, epoch, position: tickets } });
  test("is counted in lines of the log, over all streams; a new epoch counts whole", () => {
    expect(lagOf(at(3), at(10))).toBe(7);
    expect(lagOf({ ...at(3), assets: at(5).tickets }, { ...at(10), assets: at(6).tickets })).toBe(8);
    expect(lagOf(at(3), at(4, 2))).toBe(4);
    expect(lagOf(at(11), at(10))).toBe(0);
  });
});
