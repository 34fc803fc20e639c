/**
 * Bytes on the wire for one changed field, counted at the socket in both directions, acknowledgement included; beside PouchDB replicating
 * the same documents to its own server. Both lines are open and quiet before anything is counted.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import express from "express";
import pouchRoutes from "express-pouchdb";
import http from "pouchdb-adapter-http";
import memory from "pouchdb-adapter-memory";
import PouchCore from "pouchdb-core";
import mapreduce from "pouchdb-mapreduce";
import replication from "pouchdb-replication";
import { uuidv7 } from "uuidv7";
import type { Json } from "../../contracts/delta/json.ts";
import { apiOf } from "../cli/api.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { openLink } from "./link.ts";
import { machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { openSocketUnit } from "./socket-unit.ts";

const DOCS = 100;
const SINGLES = 10;
/** What is under way when the last answer has come: nothing, but a checkpoint may follow it. */
const SETTLE_MS = 800;

type Doc = Readonly<Record<string, Json>> & { readonly id: string };
type Counted = { readonly single: number; readonly batch: number };

export async function wire(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const docs = Array.from({ length: DOCS }, (_, i) => ticket(i));
  tell("Outpost: a unit's WebSocket to the hub …");
  const ours = await countOutpost(docs);
  tell("PouchDB: a database to its server …");
  const theirs = await countPouch(docs);
  return {
    bench: "wire",
    ratios: { singleOfPouch: round(ours.single / theirs.single), batchOfPouch: round(ours.batch / theirs.batch) },
    figures: {
      documentBytes: JSON.stringify(docs[0]).length,
      documentFields: Object.keys(docs[0] ?? {}).length,
      bytesPerFieldSingle: ours.single,
      bytesPerFieldBatchOf100: ours.batch,
      pouchBytesPerFieldSingle: theirs.single,
      pouchBytesPerFieldBatchOf100: theirs.batch,
    },
    machine: machine(),
  };
}

async function countOutpost(docs: readonly Doc[]): Promise<Counted> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-wire-"));
  const admin = makeToken();
  const server = await startServer({ layout: "embedded", host: "127.0.0.1", port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(admin) } });
  const link = await openLink(server.port);
  try {
    const token = await apiOf(server.url, admin).addHubToken("unit", "plant");
    const unit = await openSocketUnit(link.port, "plant", token, makeToken());
    const rows = (after: readonly Doc[], before?: readonly Doc[]) => after.map((doc, i) => ({ entity: "ticket", id: doc.id, before: before?.[i], after: doc }));
    for (let at = 0; at < docs.length; at += 10) await unit.commit(rows(docs.slice(at, at + 10)), uuidv7());
    const single = await mean(SINGLES, link, async (n) => {
      const [doc] = docs;
      if (doc !== undefined) await unit.commit(rows([{ ...doc, round: n + 1 }], [{ ...doc, round: n }]), uuidv7());
    });
    link.bytes();
    await unit.commit(
      rows(
        docs.map((doc) => ({ ...doc, severity: "low" })),
        docs,
      ),
      uuidv7(),
    );
    const { up, down } = link.bytes();
    unit.close();
    return { single, batch: round((up + down) / docs.length) };
  } finally {
    await link.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function countPouch(docs: readonly Doc[]): Promise<Counted> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-pouch-"));
  const Pouch = PouchCore.plugin(memory).plugin(http).plugin(replication).plugin(mapreduce);
  const InMemory = Pouch.defaults({ adapter: "memory" });
  const app = express();
  app.use("/", pouchRoutes(InMemory, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: join(dir, "log.txt") }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const link = await openLink(typeof address === "object" && address !== null ? address.port : 0);
  const local = new InMemory("local");
  const remote = new Pouch(`http://127.0.0.1:${link.port}/tickets`);
  const replicated = local.replicate.to(remote, { live: true, retry: true });
  const settled = async (change: () => Promise<unknown>): Promise<void> => {
    const paused = new Promise<void>((resolve) => replicated.once("paused", resolve));
    await change();
    await paused;
  };
  try {
    await settled(() => local.bulkDocs(docs.map(({ id, ...doc }) => ({ ...doc, _id: id }))));
    const single = await mean(SINGLES, link, async (n) => {
      const doc = await local.get(docs[0]?.id ?? "");
      await settled(() => local.put({ ...doc, round: n + 1 }));
    });
    const { rows } = await local.allDocs({ include_docs: true });
    link.bytes();
    await settled(() => local.bulkDocs(rows.map(({ doc }) => ({ ...doc, severity: "low" }))));
    await wait(SETTLE_MS);
    const { up, down } = link.bytes();
    return { single, batch: round((up + down) / docs.length) };
  } finally {
    replicated.cancel();
    await local.close();
    await link.close();
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function mean(times: number, link: Awaited<ReturnType<typeof openLink>>, change: (n: number) => Promise<void>): Promise<number> {
  let bytes = 0;
  for (let n = 0; n < times; n++) {
    await wait(SETTLE_MS / 4);
    link.bytes();
    await change(n);
    await wait(SETTLE_MS / 4);
    const { up, down } = link.bytes();
    bytes += up + down;
  }
  return round(bytes / times);
}

/** A ticket with everything that a finished one has. */
function ticket(i: number): Doc {
  const at = 1_795_302_188_897 + i * 61_000;
  const repair = (n: number) => ({
    id: uuidv7(),
    asset: `pump-${i}`,
    faultMode: "bearing-wear",
    cause: "Dry bearing",
    action: `Bearing ${n} replaced, shaft aligned`,
    parts: [{ part: "BRG-6308", quantity: 2 }],
    doneAt: at - n * 86_400_000,
  });
  return {
    id: uuidv7(),
    asset: `pump-${i}`,
    alarm: uuidv7(),
    episode: `dev-${i}@${at}`,
    faultMode: "bearing-wear",
    severity: "high",
    priority: "p1",
    skills: ["mechanical", "bearings"],
    repairs: [repair(1), repair(2), repair(3)],
    kit: uuidv7(),
    openedAt: at,
    respondBy: at + 1,
    resolveBy: at + 2,
    asked: ["li-wei"],
    round: 0,
    state: "resolved",
    to: "wang-fang",
    offer: uuidv7(),
    acceptedAt: at,
    leftAt: at,
    arrivedAt: at,
    resolvedAt: at,
    cause: "Bearing worn",
    action: "Bearing replaced",
    partsUsed: [{ part: "BRG-6308", quantity: 2 }],
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
