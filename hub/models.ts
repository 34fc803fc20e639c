/**
 * The registry of models of a tenant: graphs by their SHA-256 with their cards, releases, and what units say became of them. One object per
 * tenant, `hubObject(tenant, "models")`. Thin: what is refused and who is told what is pure and lies in `models/`, how it is kept in
 * `shell/models/`. Answers with documents are JSON text.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { ModelCard } from "../contracts/model-card.ts";
import { BLOB_PART_BYTES, type BlobReply, type ModelsAsk } from "../contracts/models-wire.ts";
import { type Refusal, isRefusal, refuse } from "../contracts/refusal.ts";
import type { AskOfRelease, NewRelease } from "./models/asked.ts";
import { checkCard, checkFile } from "./models/card.ts";
import { CopiedObject } from "./shell/copied-object.ts";
import migrations from "./shell/models/migrations/migrations.js";
import * as releases from "./shell/models/releasing.ts";
import * as tables from "./shell/models/tables.ts";
import { nudge } from "./shell/nudge.ts";
import { openWith } from "./shell/opening.ts";

/** Models of a tenant: every version of what its units ever tried. */
const MODELS_MAX = 500;
/** Bytes of all of them: a backup copies them in one go, which takes some seconds. */
const TOTAL_BYTES_MAX = 256 * 1024 * 1024;

export class Models extends CopiedObject {
  protected override readonly passing: readonly string[] = [];
  readonly #db = drizzle(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openWith(ctx, "models", () => migrate(this.#db, migrations));
  }

  // Models.

  /** Refuses as `checkCard` and `checkFile`, `too-many`, `quota-exceeded`, and `wrong-state` for another card of a file that was released. */
  putCard(card: ModelCard, hash: string, by: string): { readonly hash: string; readonly held: boolean } | Refusal {
    const no = checkCard(card, hash);
    if (no !== null) return no;
    const known = tables.readModel(this.#db, hash);
    if (known?.held === true) {
      // Units that have begun it judge by the card that came with it.
      const released = tables.listReleases(this.#db).find((one) => one.hash === hash);
      if (released !== undefined && JSON.stringify(known.card) !== JSON.stringify(card))
        return refuse(
          "wrong-state",
          `the card that ${released.id} was released with`,
          "export the model again with the other card: it then has a hash of its own",
        );
      const apart = checkFile(card, tables.readBytes(this.#db, hash, known.card.bytes), hash);
      if (apart !== null) return apart;
    }
    const { models, bytes: all } = tables.countModels(this.#db);
    const bytes = all - (known?.card.bytes ?? 0);
    if (known === undefined && models >= MODELS_MAX) return refuse("too-many", `at most ${MODELS_MAX} models`, "drop some that no unit runs");
    if (known?.held !== true && bytes + card.bytes > TOTAL_BYTES_MAX)
      return refuse("quota-exceeded", `all models together have at most ${TOTAL_BYTES_MAX} bytes`, "drop some that no unit runs", "bytes");
    tables.writeCard(this.#db, card, by, Date.now());
    return { hash, held: known?.held ?? false };
  }

  /** Refuses `unknown-model` before its card came, and as `checkFile`. Idempotent. */
  putBytes(hash: string, bytes: ArrayBuffer): { readonly hash: string; readonly held: boolean } | Refusal {
    const known = tables.readModel(this.#db, hash);
    if (known === undefined) return refuse("unknown-model", "its card first", "PUT …/card, then the bytes", "hash");
    const file = new Uint8Array(bytes);
    const no = checkFile(known.card, file, bytesToHex(sha256(file)));
    if (no !== null) return no;
    if (!known.held) this.ctx.storage.transactionSync(() => tables.writeBytes(this.#db, hash, file));
    return { hash, held: true };
  }

  /** As JSON text: `KeptModel[]`, newest first. */
  models(): string {
    const all = tables.listReleases(this.#db);
    return JSON.stringify(tables.listModels(this.#db).map((row) => releases.shownModel(row, all)));
  }

  /** As JSON text: a `KeptModel`. Refuses `unknown-model`. */
  model(hash: string): string | Refusal {
    const row = tables.readModel(this.#db, hash);
    return row === undefined ? releases.unknownModel() : JSON.stringify(releases.shownModel(row, tables.listReleases(this.#db)));
  }

  /** A part of the bytes. Refuses `unknown-model`, and `malformed` for an offset that no part begins at. */
  part(hash: string, offset: number): BlobReply | Refusal {
    const row = tables.readModel(this.#db, hash);
    if (row?.held !== true) return releases.unknownModel();
    const found = offset % BLOB_PART_BYTES === 0 ? tables.readPart(this.#db, hash, offset / BLOB_PART_BYTES) : undefined;
    return found === undefined
      ? refuse("malformed", `an offset within the file, a multiple of ${BLOB_PART_BYTES}`, "begin anew at 0", "offset")
      : { part: found, bytes: row.card.bytes };
  }

  /** Refuses `unknown-model`, and `wrong-state` while a release of it is open. */
  drop(hash: string): { readonly hash: string; readonly dropped: true } | Refusal {
    if (tables.readModel(this.#db, hash) === undefined) return releases.unknownModel();
    const open = tables.listReleases(this.#db).find((one) => one.hash === hash && one.closed === undefined);
    if (open !== undefined) return refuse("wrong-state", `no open release of it: ${open.id} is open`, "stop that release first", "hash");
    this.ctx.storage.transactionSync(() => tables.dropModel(this.#db, hash));
    return { hash, dropped: true };
  }

  // Releases.

  /** As JSON text: a `ReleaseView`. Refuses as `releases.begin`. */
  release(given: NewRelease, by: string): string | Refusal {
    const begun = this.ctx.storage.transactionSync(() => releases.begin(this.#db, given, by, Date.now()));
    return isRefusal(begun) ? begun : this.#told(begun.id, given.units);
  }

  /** As JSON text: `ReleaseListed[]`, newest first. */
  releases(): string {
    return JSON.stringify(releases.list(this.#db));
  }

  /** As JSON text: a `ReleaseView`. Refuses `unknown-entity`. */
  releaseNamed(id: string): string | Refusal {
    const view = releases.viewOf(this.#db, id);
    return isRefusal(view) ? view : JSON.stringify(view);
  }

  /** As JSON text: a `ReleaseView`. Refuses as `releases.ask`. */
  ask(id: string, given: AskOfRelease, by: string): string | Refusal {
    const asked = this.ctx.storage.transactionSync(() => releases.ask(this.#db, id, given, by, Date.now()));
    return isRefusal(asked) ? asked : this.#told(id, given.units);
  }

  /** As JSON text: the `ModelsReply` to what a unit says of itself, whose key was right. `said`: JSON of it. */
  hear(unit: string, said: string): string {
    const ask = JSON.parse(said) as Omit<ModelsAsk, "origin" | "key">;
    return JSON.stringify({ releases: this.ctx.storage.transactionSync(() => releases.hear(this.#db, unit, ask, Date.now())) });
  }

  protected override putBack(sql: SqlStorage): void {
    // What was said since stays: bytes are named by their hash, and what a unit said last it says again.
    for (const table of ["model", "part", "release", "told", "unit"]) sql.exec(`INSERT OR IGNORE INTO "${table}" SELECT * FROM "back_${table}"`);
  }

  protected override async carryOnFrom(): Promise<void> {
    // Units ask by themselves.
  }

  #told(id: string, units: readonly string[] | undefined): string | Refusal {
    const told = releases.hearersOf(this.#db, id).filter((unit) => units === undefined || units.includes(unit));
    if (told.length > 0) this.ctx.waitUntil(nudge(this.env, told, "models"));
    return this.releaseNamed(id);
  }
}
