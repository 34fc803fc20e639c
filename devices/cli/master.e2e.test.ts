import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findServer } from "../server/folder.ts";
import { runCli, startCli } from "./run-cli.ts";

const MAPPING = { attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.phone": { column: "Phone" } } };
type Said = Readonly<Record<string, unknown>>;

test("MD24 master import: a dry run, the import, the mended rejects, the same again; bad files end with one line and exit 2", async () => {
  const data = mkdtempSync(join(tmpdir(), "outpost-master-"));
  const at = (name: string): string => join(data, name);
  const server = startCli(["serve", "--port", "0", "--mqtt-port", "0", "--host", "127.0.0.1", "--data", data]);
  const cli = async (file: string, ...more: readonly string[]): Promise<Said> => {
    const argv = ["master", "import", at(file), "--family", "customer", "--mapping", at("map.json"), "--units", "plant", "--data", data, ...more];
    const { code, out, err } = await runCli(argv);
    return code === 0 && more.includes("--json") ? (JSON.parse(out.trim().split("\n").at(-1) ?? "") as Said) : { code, out, err };
  };
  try {
    await server.line(/^ready /);
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
  } finally {
    server.child.kill("SIGTERM");
    await server.ended;
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
});
