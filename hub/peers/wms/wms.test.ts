import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pumpVibration } from "../../catalogue/pump-vibration.ts";
import { type Wms, type WmsOptions, startWms } from "./server.ts";
import type { Line, Reservation, Stock } from "./store.ts";

let folder: string;
const open: Wms[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wms-"));
});
afterEach(async () => {
  for (const wms of open.splice(0)) await wms.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (over: Partial<WmsOptions> = {}): Promise<Wms> => {
  const wms = await startWms({ databasePath: join(folder, "wms.sqlite"), port: 0, host: "127.0.0.1", ...over });
  open.push(wms);
  return wms;
};
const reserve = async (
  url: string,
  key: string,
  lines: readonly Line[],
  ref = "ticket-1",
  replaces?: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const response = await fetch(`${url}/reservations`, {
    method: "POST",
    headers: { "idempotency-key": key, "content-type": "application/json" },
    body: JSON.stringify({ ref, lines, ...(replaces === undefined ? {} : { replaces }) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const SMALL: readonly Stock[] = [
  { depot: "east", part: "BRG", quantity: 3 },
  { depot: "west", part: "BRG", quantity: 10 },
  { depot: "west", part: "SEAL", quantity: 1 },
];
const there = (stock: readonly Stock[], depot: string, part: string): number | undefined =>
  stock.find((row) => row.depot === depot && row.part === part)?.quantity;

describe("the WMS", () => {
  test("W1 the same key, however often and at once, gets one answer and takes the stock once", async () => {
    const wms = await start({ stock: SMALL });
    const answers = await Promise.all(Array.from({ length: 20 }, () => reserve(wms.url, "k-1", [{ part: "BRG", quantity: 2 }])));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 201, body: { depot: "east", reservation: "WMS-1" } });
    expect([there(wms.stock(), "east", "BRG"), wms.reservations().length]).toEqual([1, 1]);
    expect(await reserve(wms.url, "k-1", [{ part: "BRG", quantity: 9 }])).toMatchObject({ status: 422 });
  });

  test("W1 answers that get lost on the way reserve nothing twice", async () => {
    const wms = await start({ stock: SMALL, failFirst: 4 });
    const statuses: number[] = [];
    for (let status = 0; status !== 201;) statuses.push((status = (await reserve(wms.url, "k-1", [{ part: "BRG", quantity: 2 }])).status));
    expect(statuses).toEqual([503, 503, 503, 503, 201]);
    expect([there(wms.stock(), "east", "BRG"), wms.reservations().length]).toEqual([1, 1]);
  });

  test("W1 after kill -9 the same key still gets the same answer", async () => {
    const args = [join(import.meta.dirname, "main.ts"), "--database", join(folder, "killed.sqlite")];
    const answers: unknown[] = [];
    for (let round = 0; round < 2; round++) {
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      try {
        const url = await new Promise<string>((resolve, reject) => {
          child.stdout.once("data", (line: Buffer) => resolve(line.toString().replace("ready ", "").trim()));
          child.once("exit", () => reject(new Error("the WMS did not start")));
        });
        answers.push(await reserve(url, "k-1", [{ part: "BRG-6308", quantity: 2 }]));
      } finally {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await gone;
      }
    }
    expect(answers[1]).toEqual(answers[0]);
    const wms = await start({ databasePath: join(folder, "killed.sqlite") });
    expect(wms.reservations()).toHaveLength(1);
  });

  test("W2 a reservation is whole or not at all, and says what is missing", async () => {
    const wms = await start({ stock: SMALL });
    expect(
      await reserve(wms.url, "k-1", [
        { part: "BRG", quantity: 1 },
        { part: "SEAL", quantity: 1 },
      ]),
    ).toMatchObject({ status: 201, body: { depot: "west" } });
    expect(
      await reserve(wms.url, "k-2", [
        { part: "BRG", quantity: 2 },
        { part: "SEAL", quantity: 1 },
      ]),
    ).toEqual({ status: 409, body: { missing: [{ part: "SEAL", quantity: 1 }] } });
    expect(await reserve(wms.url, "k-3", [{ part: "GONE", quantity: 4 }])).toEqual({ status: 409, body: { missing: [{ part: "GONE", quantity: 4 }] } });
    expect(there(wms.stock(), "east", "BRG")).toBe(3);
  });

  test("W2 releasing gives the parts back, once, and then a shortage may be over", async () => {
    const wms = await start({ stock: SMALL });
    const made = await reserve(wms.url, "k-1", [{ part: "SEAL", quantity: 1 }]);
    expect((await reserve(wms.url, "k-2", [{ part: "SEAL", quantity: 1 }])).status).toBe(409);
    for (let i = 0; i < 2; i++) expect((await fetch(`${wms.url}/reservations/${String(made.body["reservation"])}`, { method: "DELETE" })).status).toBe(200);
    expect(there(wms.stock(), "west", "SEAL")).toBe(1);
    expect((await reserve(wms.url, "k-2", [{ part: "SEAL", quantity: 1 }])).status).toBe(201);
    expect((await fetch(`${wms.url}/reservations/WMS-999`, { method: "DELETE" })).status).toBe(404);
    const { reservations } = (await (await fetch(`${wms.url}/reservations`)).json()) as { reservations: readonly Reservation[] };
    expect(reservations.map((one) => one.state)).toEqual(["released", "held"]);
  });

  test("W3 a reservation becomes another in one step, or stays as it was; the same key again does nothing more, and nobody replaces another's", async () => {
    const wms = await start({ stock: SMALL });
    const all = [
      { part: "BRG", quantity: 10 },
      { part: "SEAL", quantity: 1 },
    ];
    const made = await reserve(wms.url, "k-1", all);
    expect(made).toMatchObject({ status: 201, body: { reservation: "WMS-1", depot: "west", replaceable: true } });
    const held = () => wms.reservations().flatMap(({ state, reservation }) => (state === "held" ? [reservation] : []));
    expect(await reserve(wms.url, "k-2", [{ part: "BRG", quantity: 11 }], "ticket-1", "WMS-1")).toMatchObject({ status: 409 });
    expect([held(), there(wms.stock(), "west", "BRG")]).toEqual([["WMS-1"], 0]);
    expect(await reserve(wms.url, "k-3", [{ part: "SEAL", quantity: 1 }], "ticket-2", "WMS-1")).toMatchObject({ status: 409 });
    const smaller = [
      { part: "BRG", quantity: 9 },
      { part: "SEAL", quantity: 1 },
    ];
    for (let i = 0; i < 2; i++)
      expect(await reserve(wms.url, "k-4", smaller, "ticket-1", "WMS-1")).toMatchObject({ status: 201, body: { reservation: "WMS-2", replaced: "WMS-1" } });
    expect([held(), there(wms.stock(), "west", "BRG"), there(wms.stock(), "west", "SEAL")]).toEqual([["WMS-2"], 1, 0]);
    expect((await reserve(wms.url, "k-5", [{ part: "BRG", quantity: 1 }], "ticket-1", "WMS-1")).body).not.toHaveProperty("replaced");
  });

  test("W2 what is no request is refused, and stock does not move", async () => {
    const wms = await start({ stock: SMALL });
    for (const lines of [[], [{ part: "BRG", quantity: 0 }], [{ part: "BRG", quantity: -4 }], [{ part: "BRG", quantity: 1.5 }], [{ part: "", quantity: 1 }]])
      expect((await reserve(wms.url, "k", lines)).status).toBe(400);
    expect((await fetch(`${wms.url}/reservations`, { method: "POST", body: "{" })).status).toBe(400);
    expect((await fetch(`${wms.url}/reservations`, { method: "POST", headers: { "idempotency-key": "k" }, body: "x".repeat(100_000) })).status).toBe(400);
    expect(wms.stock()).toEqual(SMALL);
  });

  test("W2 the stock laid in covers the parts of every fault mode of the pumps", async () => {
    const wms = await start();
    for (const { id, parts } of pumpVibration.faultModes) if (parts.length > 0) expect([id, (await reserve(wms.url, id, parts)).status]).toEqual([id, 201]);
  });
});
