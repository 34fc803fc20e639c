/** A kit that changes, over HTTP at a real warehouse: what stays is never free in between, and what can't be had leaves what there is. */
import { afterEach, expect, test } from "vitest";
import type { Answer, Ask } from "../../contracts/effect.ts";
import { type Reservation, reservationStateOf } from "../../contracts/reservation.ts";
import { advanceReservation, type ReservationEvent, type ReservationStep, startReservation } from "./reservation.ts";

type Stock = { readonly depot: string; readonly part: string; readonly quantity: number };
type Made = { readonly reservation: string; readonly state: string; readonly lines: readonly { readonly part: string; readonly quantity: number }[] };
type Wms = { readonly url: string; close(): Promise<void>; stock(): readonly Stock[]; reservations(): readonly Made[] };

/** The shell and the peers are no part of the tests' own program: what they must be is said here. */
const shell = async (name: string): Promise<unknown> => await import(`../shell/${name}.ts`);
const peer = async (name: string): Promise<unknown> => await import(`../../hub/peers/wms/${name}.ts`);
const { callWms } = (await shell("wms")) as {
  readonly callWms: (url: string, ask: Ask, now: () => number) => Promise<{ readonly status: number; readonly answer?: Answer }>;
};
const { startWms } = (await peer("server")) as {
  readonly startWms: (options: { databasePath: string; port: number; host: string; stock: readonly Stock[] }) => Promise<Wms>;
};

const open: Wms[] = [];
afterEach(async () => {
  for (const wms of open.splice(0)) await wms.close();
});

const line = (part: string, quantity: number) => ({ part: part as never, quantity });

async function begin(stock: Readonly<Record<string, number>>, lines: readonly ReturnType<typeof line>[]) {
  const wms = await startWms({
    databasePath: ":memory:",
    port: 0,
    host: "127.0.0.1",
    stock: Object.entries(stock).map(([part, quantity]) => ({ depot: "east", part, quantity })),
  });
  open.push(wms);
  let reservation: Reservation;
  const calls: string[] = [];
  const perform = async (step: ReservationStep): Promise<void> => {
    reservation = step.reservation;
    for (const ask of step.asks) {
      calls.push(ask.type);
      const { answer } = await callWms(wms.url, ask, () => 7);
      const next = answer === undefined ? null : advanceReservation(reservation, answer as ReservationEvent);
      if (next !== null) await perform(next);
    }
  };
  const first = startReservation({ kit: "k" as never, ticket: "t" as never, lines }, "d1");
  reservation = first.reservation;
  await perform(first);
  return {
    calls,
    free: () => Object.fromEntries(wms.stock().map(({ part, quantity }) => [part, quantity])),
    held: () => wms.reservations().filter(({ state }) => state === "held"),
    state: () => reservationStateOf(reservation),
    number: () => reservation.held?.reservation,
    change: async (...to: readonly ReturnType<typeof line>[]) => {
      const step = advanceReservation(reservation, { type: "change", lines: to, decision: "d2" });
      if (step !== null) await perform(step);
    },
    cancel: async () => {
      const step = advanceReservation(reservation, { type: "cancel" });
      if (step !== null) await perform(step);
    },
  };
}

test("KT15 the last piece that there is stays with a kit that changes around it, and nothing goes back in between", async () => {
  const kit = await begin({ BRG: 2, SEAL: 1, PUMP: 1 }, [line("BRG", 2), line("SEAL", 1)]);
  await kit.change(line("BRG", 2), line("PUMP", 1));
  expect(kit.calls).toEqual(["reserve", "reserve"]);
  expect(kit.held()).toMatchObject([{ reservation: kit.number(), lines: [line("BRG", 2), line("PUMP", 1)] }]);
  expect(kit.free()).toEqual({ BRG: 0, SEAL: 1, PUMP: 0 });
  expect(kit.state()).toBe("reserved");
  await kit.cancel();
  expect([kit.held(), kit.free()]).toEqual([[], { BRG: 2, SEAL: 1, PUMP: 1 }]);
});

test("KT15 what is new and not there leaves what is kept; the next change goes from there", async () => {
  const kit = await begin({ BRG: 2, SEAL: 1, PUMP: 0 }, [line("BRG", 2)]);
  const before = kit.held();
  await kit.change(line("BRG", 2), line("PUMP", 1));
  expect(kit.state()).toBe("short");
  expect(kit.held()).toEqual(before);
  await kit.change(line("BRG", 1), line("SEAL", 1));
  expect(kit.state()).toBe("reserved");
  expect(kit.held()).toMatchObject([{ reservation: kit.number() }]);
  expect(kit.free()).toEqual({ BRG: 1, SEAL: 0, PUMP: 0 });
  expect(kit.calls).toEqual(["reserve", "reserve", "reserve"]);
  await kit.cancel();
  expect(kit.free()).toEqual({ BRG: 2, SEAL: 1, PUMP: 0 });
});
