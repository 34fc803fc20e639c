import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ROOT } from "../server/paths.ts";
import { findServer } from "../server/folder.ts";
import { type Run, runCli, startCli } from "./run-cli.ts";

const MAPPING = { attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.phone": { column: "Phone" } } };
type Said = Readonly<Record<string, unknown>>;
const data = mkdtempSync(join(tmpdir(), "outpost-master-"));
const at = (name: string): string => join(data, name);
let server: Run | null = null;

beforeAll(async () => {
  server = startCli(["serve", "--port", "0", "--mqtt-port", "0", "--host", "127.0.0.1", "--data", data]);
  await server.line(/^ready /);
});
afterAll(async () => {
  server?.child.kill("SIGTERM");
  await server?.ended;
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
});

test("MD24 master import: a dry run, the import, the mended rejects, the same again; bad files end with one line and exit 2", async () => {
  const cli = async (file: string, ...more: readonly string[]): Promise<Said> => {
    const argv = ["master", "import", at(file), "--family", "customer", "--mapping", at("map.json"), "--units", "plant", "--data", data, ...more];
    const { code, out, err } = await runCli(argv);
    return code === 0 && more.includes("--json") ? (JSON.parse(out.trim().split("\n").at(-1) ?? "") as Said) : { code, out, err };
  };
  writeFileSync(at("map.json"), JSON.stringify(MAPPING));
  writeFileSync(at("customers.csv"), "No;Name;Phone;Fax\nC1;长沙水务;0731-89845584;1\nC 2;Leeds Water;;2\n");
  const dry = { rows: 2, new: 1, rejected: 1, dryRun: true, import: null, written: 0, rejects: at("customers.rejects.csv"), unread: ["Fax"] };
  expect(await cli("customers.csv", "--dry-run", "--json")).toMatchObject(dry);
  expect(await cli("customers.csv", "--json")).toMatchObject({ new: 1, rejected: 1, dryRun: false, written: 1, import: expect.any(String) as string });
  const mended = readFileSync(at("customers.rejects.csv"), "utf8").replace("C 2", "C2");
  writeFileSync(at("mended.csv"), mended);
  expect(await cli("mended.csv", "--json")).toMatchObject({ new: 1, rejected: 0, rejects: null });
  expect(existsSync(at("mended.rejects.csv"))).toBe(false);
  writeFileSync(
    at("list.json"),
    JSON.stringify([
      { No: "C1", Name: "长沙水务", Phone: "0731-89845584" },
      { No: "C2", Name: "Leeds Water PLC" },
    ]),
  );
  expect((await cli("list.json"))["out"]).toBe("rows       2\nnew        0\nchanged    1\nunchanged  1\nrejected   0\nto review  0\n");
  expect(await cli("list.json", "--json")).toMatchObject({ unchanged: 2, written: 0 });
  const running = findServer(data);
  const headers = { authorization: `Bearer ${running?.token}` };
  const answer = await fetch(`${running?.url}/api/hub/entities/customer/C2`, { headers });
  expect(await answer.json()).toMatchObject({ attributes: { name: { value: "Leeds Water PLC", actor: "admin" } } });

  const bad = async (file: string, ...more: readonly string[]): Promise<readonly unknown[]> => {
    const { code, out, err } = await cli(file, ...more);
    expect([out, String(err).trim().split("\n").length]).toEqual(["", 1]);
    return [code, err];
  };
  expect(await bad("nowhere.csv")).toEqual([2, expect.stringMatching(/nowhere\.csv can't be read: ENOENT/)]);
  writeFileSync(at("cut.csv"), 'No,Name,Phone\nC1,"Acme\n');
  expect(await bad("cut.csv")).toEqual([2, expect.stringMatching(/line 2: a quoted cell ends with its quote/)]);
  writeFileSync(at("gb.csv"), Buffer.from([0x4e, 0x6f, 0x2c, 0xd6, 0xd0]));
  expect(await bad("gb.csv")).toEqual([2, expect.stringMatching(/not utf-8; .*gb18030/)]);
  expect(await bad("customers.csv", "--mapping", at("customers.csv"))).toEqual([2, expect.stringMatching(/--mapping: .* is not JSON/)]);
  writeFileSync(at("other.json"), JSON.stringify({ attributes: { name: { column: "Nom" } } }));
  expect(await bad("customers.csv", "--mapping", at("other.json"))).toEqual([2, expect.stringMatching(/attributes\.name: there is no column Nom/)]);
  expect(await bad("customers.csv", "--family", "ship")).toEqual([2, expect.stringMatching(/Allowed choices are customer, asset, engineer/)]);
  expect(await bad("customers.csv", "--units", "NO UNIT")).toEqual([2, expect.stringMatching(/lower-case letters/)]);
});

test("HM8 model: put, listed, shown, released, refused by the unit with its reasons, and stopped; bad files and names end with one line", async () => {
  const models = join(ROOT, "edge", "verdict", "models");
  const onnx = join(models, "fleet.onnx");
  const cli = async (...argv: readonly string[]): Promise<Said> => {
    const { code, out, err } = await runCli(["model", ...argv, "--data", data, "--json"]);
    expect([argv.join(" "), code, err]).toEqual([argv.join(" "), 0, ""]);
    return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Said;
  };
  const card = JSON.parse(readFileSync(join(models, "fleet.json"), "utf8")) as { readonly sha256: string; readonly inputs: object };
  expect(await cli("put", onnx)).toMatchObject({ hash: card.sha256, name: "fleet" });
  expect(await cli("list")).toMatchObject({ models: [{ hash: card.sha256, held: true, releases: [] }] });
  const begins = card.sha256.slice(0, 8);
  const made = await cli("release", begins, "--profile", "pump", "--units", "plant", "--canary", "0.25", "--why", "the simple peer");
  expect(made).toMatchObject({ release: expect.stringMatching(/^fleet-\d+-pump$/) as string, wanted: "canary" });
  const id = String(made["release"]);
  type Status = {
    readonly at: readonly { readonly unit: string; readonly state: { readonly state: string; readonly refusal?: object; readonly answered?: number } }[];
  };
  const until = async (isSo: (state: Status["at"][number]["state"]) => boolean): Promise<Status["at"][number]> => {
    let found: Status["at"][number] | undefined;
    await vi.waitUntil(
      async () => {
        found = ((await cli("status", id)) as Said & Status).at.find(({ unit, state }) => unit === "plant" && isSo(state));
        return found !== undefined;
      },
      { timeout: 60_000, interval: 500 },
    );
    return found as Status["at"][number];
  };
  await until(({ state }) => state === "shadow");
  const first = await cli("promote", id);
  expect(first).toMatchObject({ asked: "promote", n: expect.any(Number) as number, closed: false });
  expect((await until(({ answered }) => answered === first["n"])).state).toMatchObject({ state: "shadow", refusal: { refused: "not-better" } });
  const { out } = await runCli(["model", "status", id, "--data", data]);
  expect(out).toMatch(/plant {2}shadow, .*\n {2}this model .*machine-days[\s\S]*refused .*not-better/);
  expect((await runCli(["model", "show", begins, "--data", data])).out).toMatch(new RegExp(`hash +${card.sha256}[\\s\\S]*releases +${id}`));
  const last = await cli("stop", id);
  expect(last).toMatchObject({ asked: "stop", closed: true });
  expect(Number(last["n"])).toBeGreaterThan(Number(first["n"]));
  expect((await until(({ state }) => state === "ended")).state).toMatchObject({ answered: last["n"] });
  expect(await cli("status")).toMatchObject({ releases: [{ id, states: { ended: 1 }, why: "the simple peer" }] });

  const bad = async (...argv: readonly string[]): Promise<readonly unknown[]> => {
    const { code, out: said, err } = await runCli(["model", ...argv, "--data", data]);
    expect([said, err.trim().split("\n").length]).toEqual(["", 1]);
    return [code, err];
  };
  writeFileSync(at("cut.onnx"), readFileSync(onnx).subarray(0, 500));
  expect(await bad("put", at("cut.onnx"), "--card", join(models, "fleet.json"))).toEqual([2, expect.stringMatching(/sha256: the card of another file/)]);
  expect(await bad("put", at("none.onnx"))).toEqual([2, expect.stringMatching(/none\.onnx can't be read: ENOENT/)]);
  writeFileSync(at("blind.json"), JSON.stringify({ ...card, inputs: { rows: ["B", 8] } }));
  expect(await bad("put", onnx, "--card", at("blind.json"))).toEqual([2, expect.stringMatching(/inputs\.x: the rows that it takes.*name the channels/)]);
  writeFileSync(at("short.json"), JSON.stringify({ ...card, sha256: "abc" }));
  expect(await bad("put", onnx, "--card", at("short.json"))).toEqual([2, expect.stringMatching(/short\.json:1: sha256: use the SHA-256/)]);
  expect(await bad("show", "abc")).toEqual([2, expect.stringMatching(/its first 6 digits at least/)]);
  expect(await bad("show", "0".repeat(64))).toEqual([1, expect.stringMatching(/no model 0+ at this hub/)]);
  expect(await bad("release", begins, "--profile", "pump", "--canary", "2")).toEqual([2, expect.stringMatching(/from 0\.001 to 1/)]);
  expect(await bad("rollback", "nothing")).toEqual([1, expect.stringMatching(/a release of this hub/)]);
});
