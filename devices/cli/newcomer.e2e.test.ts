import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { expect, test } from "vitest";
import type { Board, Glances, Me, Phone } from "../../contracts/board.ts";
import type { HubMe } from "../../hub/api/pages.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { findServer } from "../server/folder.ts";
import { runCli, startCli } from "./run-cli.ts";

/** What a browser does that opens the link: the cookie of its session. */
async function enter(url: string): Promise<string> {
  const entered = await fetch(url, { method: "POST", redirect: "manual" });
  return (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

async function ask<T>(url: string, cookie: string, method: "GET" | "POST" = "GET"): Promise<T> {
  const response = await fetch(url, { method, headers: { cookie, origin: new URL(url).origin }, ...(method === "POST" ? { body: "{}" } : {}) });
  return (await response.json()) as T;
}

test("L37 L39 a newcomer: serve, a device, an engineer, a link; a fault code is on the board at once and on the engineer's phone, who accepts", async () => {
  const data = mkdtempSync(join(tmpdir(), "outpost-newcomer-"));
  const server = startCli(["serve", "--port", "0", "--mqtt-port", "0", "--host", "127.0.0.1", "--data", data]);
  const cli = async (line: string) => {
    const { code, out, err } = await runCli([...line.split(" "), "--data", data, "--json"]);
    return code === 0 ? (JSON.parse(out) as Record<string, string>) : { code: String(code), err };
  };
  try {
    const printed = /^board {2}(\S+) /.exec(await server.line(/^board /))?.[1] ?? "";
    const hub = /^hub {2}(\S+) /.exec(await server.line(/^hub /))?.[1] ?? "";
    await server.line(/^ready /);
    const at = findServer(data);
    expect(await ask<HubMe>(`${at?.url}/api/hub/me`, await enter(hub))).toMatchObject({ role: "operations" });
    const looking = await enter((await cli("link add --hub --role integrator --subject lake"))["url"] ?? "");
    expect(await ask<HubMe>(`${at?.url}/api/hub/me`, looking)).toMatchObject({ role: "integrator", subject: "lake" });
    expect(await ask<Me>(`${at?.url}/api/u/plant/me`, await enter(printed))).toMatchObject({ role: "operations" });

    const missing = [
      ["tail nowhere", "outpost: no unit `nowhere` here: create it with `outpost unit create nowhere --template pump-vibration`\n"],
      ["device add pump-7 --unit nowhere", "outpost: no unit `nowhere` here: create it with `outpost unit create nowhere --template pump-vibration`\n"],
      ["tail plant nodevice", "outpost: no device `nodevice` in unit plant: add it with `outpost device add nodevice --unit plant`\n"],
      ["device add pump-7 --unit plant --profile nope", "outpost: no profile `nope` in unit plant: there are pump\n"],
    ] as const;
    expect(await Promise.all(missing.map(async ([line]) => [line, await cli(line)]))).toEqual(missing.map(([line, err]) => [line, { code: "1", err }]));

    expect(await cli("unit create works --template pump-vibration")).toMatchObject({ unit: "works" });
    await cli("engineer add mei --unit works --skills mechanical,bearings --lat -28.5 --lon 113 --name Mei");
    const mei = await cli("engineer add mei --unit works");
    expect(mei).toMatchObject({ engineer: { name: "Mei", skills: ["mechanical", "bearings"], home: { lat: -28.5, lon: 113 }, locatable: false } });
    // Nobody is asked who is days away.
    await cli("engineer add mei --unit works --lat 28.3 --lon 113");
    const skills = [...new Set(pumpVibration.faultModes.flatMap((mode) => mode.skills))];
    expect(await cli("engineer add ann --unit plant")).toMatchObject({ engineer: { name: "ann", skills, home: pumpVibration.site.place } });
    const desk = await enter((await cli("link add --role operations --unit works"))["url"] ?? "");
    const pump = await cli("device add pump-7 --unit works");

    const link = await mqtt.connectAsync(at?.mqtt ?? "", { username: pump["user"] ?? "", password: pump["password"] ?? "", reconnectPeriod: 0 });
    await link.publishAsync(pump["topic"] ?? "", JSON.stringify({ ts: Date.now(), events: [{ code: "E12" }] }), { qos: 1 });
    await link.endAsync();

    const works = `${at?.url}/api/u/works`;
    const phone = await enter(mei["url"] ?? "");
    await expect.poll(async () => (await ask<Phone>(`${works}/phone`, phone)).offers.map((offer) => offer.state), { timeout: 10_000 }).toEqual(["open"]);
    const [offer] = (await ask<Phone>(`${works}/phone`, phone)).offers;
    await ask(`${works}/offers/${offer?.id}/accept?as=phone`, phone, "POST");
    expect((await ask<Board>(`${works}/board`, desk)).tickets).toMatchObject([{ state: "assigned", faultMode: "bearing-wear", to: "mei" }]);

    // A sandbox of it, with a machine of its own that speaks while the real one is silent.
    const heard = async (unit: string, cookie: string) => (await ask<Glances>(`${at?.url}/api/u/${unit}/devices`, cookie)).counters.messages;
    const before = await heard("works", desk);
    const copy = await ask<{ readonly unit: string; readonly path: string; readonly simulated: boolean }>(`${works}/sandboxes`, desk, "POST");
    expect(copy.simulated).toBe(true);
    const inside = await enter(`${at?.url}${copy.path}`);
    expect((await ask<Board>(`${at?.url}/api/u/${copy.unit}/board`, inside)).tickets).toMatchObject([{ state: "assigned", to: "mei" }]);
    await expect.poll(() => heard(copy.unit, inside), { timeout: 20_000 }).toBeGreaterThan(before + 2);
    expect(await heard("works", desk)).toBe(before);
  } finally {
    server.child.kill("SIGTERM");
    await server.ended;
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("L38 a tail outlives its server: it says that the server is away, and goes on with what the next one hears", async () => {
  const line = (at: number) => ({ n: 1, at, device: "pump-7", fields: [] });
  const tails: readonly (readonly object[] | null)[] = [[line(1_000)], [line(1_000)], null, [line(2_000)]];
  let asked = 0;
  const server = createServer((request, response) => {
    const board = request.url?.endsWith("/board") === true;
    const lines = board ? { devices: [{ id: "pump-7" }] } : (tails[Math.min(asked++, tails.length - 1)] ?? null);
    response.writeHead(lines === null ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(lines ?? { refused: "unavailable", rule: "the unit could not answer", mend: "try again" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, out, err } = await runCli(["tail", "plant", "pump-7", "--count", "2", "--server", url, "--token", "x"]);
    expect([code, out]).toEqual([0, "00:00:01.000 pump-7  \n00:00:02.000 pump-7  \n"]);
    expect(err).toMatch(/the server is away.*\n.*the server is back/);
  } finally {
    server.close();
  }
});
