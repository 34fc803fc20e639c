import { expect, test } from "vitest";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { talksOf } from "./talks.ts";

type End = { readonly resolve: (no: Refusal | null) => void; readonly reject: (error: Error) => void };

/** Conversations that end when the test says so; `begun` in order. */
function table() {
  const wanting = new Set<string>();
  const begun: string[] = [];
  const ends = new Map<string, End>();
  const talks = talksOf<string>({
    wanting: () => wanting,
    converse(stream) {
      wanting.delete(stream);
      begun.push(stream);
      return new Promise((resolve, reject) => ends.set(stream, { resolve, reject }));
    },
  });
  const end = (stream: string): End => {
    const found = ends.get(stream);
    if (found === undefined) throw new Error(`${stream} does not talk`);
    return found;
  };
  return { wanting, begun, talks, end };
}
/** All that follows from what was settled has happened. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("U44 a stream that has something to say does not wait for another's answer, and holds one conversation at a time", async () => {
  const { wanting, begun, talks, end } = table();
  wanting.add("tickets");
  const out = talks.talkOut();
  for (const stream of ["customers", "tickets"]) wanting.add(stream);
  talks.more();
  expect(begun).toEqual(["tickets", "customers"]);
  end("customers").resolve(null);
  await settle();
  wanting.add("customers");
  talks.more();
  expect(begun).toEqual(["tickets", "customers", "customers"]);
  end("customers").resolve(null);
  end("tickets").resolve(null);
  expect(await out).toBeNull();
});

test("U44 while something else is asked the streams go on", async () => {
  const { wanting, begun, talks, end } = table();
  const asked = Promise.withResolvers<Refusal | null>();
  const out = talks.talkOut(() => asked.promise);
  wanting.add("tickets");
  talks.more();
  expect(begun).toEqual(["tickets"]);
  end("tickets").resolve(null);
  asked.resolve(refuse("unavailable", "the hub is busy", "ask later"));
  expect(await out).toMatchObject({ refused: "unavailable" });
});

test("U44 what breaks one conversation begins no other, and is thrown when all have ended", async () => {
  const { wanting, begun, talks, end } = table();
  for (const stream of ["tickets", "assets"]) wanting.add(stream);
  const out = talks.talkOut().catch((error: unknown) => error);
  end("tickets").reject(new Error("cut"));
  await settle();
  wanting.add("tickets");
  talks.more();
  expect(begun).toEqual(["tickets", "assets"]);
  let over = false;
  void out.then(() => (over = true));
  await settle();
  expect(over).toBe(false);
  end("assets").resolve(null);
  expect(await out).toMatchObject({ message: "cut" });
  // The next time it is as if nothing had been.
  const again = talks.talkOut();
  end("tickets").resolve(null);
  expect(await again).toBeNull();
});

test("U44 outside of it nobody begins, and where there is always something to say it ends all the same", async () => {
  const { wanting, begun, talks, end } = table();
  wanting.add("tickets");
  talks.more();
  expect(begun).toEqual([]);
  const out = talks.talkOut();
  let over = false;
  void out.then(() => (over = true));
  for (let i = 0; i < 100 && !over; i++) {
    // One ends, and before it is noticed the other begins.
    const [one, other] = i % 2 === 0 ? ["tickets", "assets"] : ["assets", "tickets"];
    wanting.add(other);
    talks.more();
    end(one).resolve(null);
    await settle();
    if (!begun.slice(i + 1).includes(other)) break;
  }
  await settle();
  expect(over).toBe(true);
});
