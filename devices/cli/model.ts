/** `model`: models to the hub's registry, releases to units, and how they stand there. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Wanted } from "../../contracts/model-binding.ts";
import { MODEL_BYTES_MAX, ModelCard } from "../../contracts/model-card.ts";
import type { ModelRecord } from "../../contracts/model-record.ts";
import type { ReleaseAskType } from "../../contracts/release.ts";
import { malformed, type RefusalCode } from "../../contracts/refusal.ts";
import type { KeptModel, ReleaseAtUnit, ReleaseListed, ReleaseView } from "../../hub/models/asked.ts";
import { type Api, type Where, withApi } from "./api.ts";
import { readDocument } from "./document.ts";
import { failure, print, printJson, refusalLine, refusalOf, usage } from "./outcome.ts";

export type ModelOptions = Where & { readonly json: boolean };
export type ModelPut = ModelOptions & { readonly card?: string };
export type ModelRelease = ModelOptions & {
  readonly profile: string;
  readonly units?: readonly string[];
  readonly wanted?: Wanted;
  readonly canary?: number;
  readonly name?: string;
  readonly why?: string;
};
export type ModelAsked = ModelOptions & { readonly units?: readonly string[]; readonly canary?: number; readonly why?: string };

/** The file, the card or an option is at fault, not the job. */
const OURS: readonly RefusalCode[] = ["malformed", "too-large", "bad-model", "not-permitted"];
/** 16 MiB over a slow line. */
const UPLOAD_MS = 120_000;
/** Of a hash, in tables and as an argument: who types less may mean several. */
const [SHOWN, LEAST] = [12, 6];

export async function putModel(file: string, { card: at = file.replace(/\.onnx$/i, ".json"), json, ...where }: ModelPut): Promise<void> {
  const bytes = bytesOf(file);
  const card = cardOf(at);
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (card.sha256 !== hash) throw usage(`${at}: sha256: the card of another file: ${file} has ${hash}; write the card from this file`);
  await withApi(where, async (api) => {
    await ours(async () => {
      await api.ask("PUT", `/api/hub/models/${hash}/card`, card);
      await api.ask("PUT", `/api/hub/models/${hash}`, bytes, UPLOAD_MS);
    });
    const { name, version } = card;
    if (json) return printJson({ hash, name, version, bytes: bytes.byteLength });
    print(`kept     ${name} ${version}   ${hash}`);
    print(`release  npm run outpost -- model release ${hash.slice(0, SHOWN)} --profile PROFILE`);
  });
}

export async function listModels({ json, ...where }: ModelOptions): Promise<void> {
  await withApi(where, async (api) => {
    const models = await modelsOf(api);
    if (json)
      return printJson({
        models: models.map(({ card: { name, version, sha256, bytes, title }, held, releases }) => ({
          hash: sha256,
          name,
          version,
          bytes,
          title,
          held,
          releases,
        })),
      });
    if (models.length === 0) print("no models yet: npm run outpost -- model put FILE --card CARD");
    table(
      models.map(({ card, held, releases }) => [
        card.sha256.slice(0, SHOWN),
        `${card.name} ${card.version}`,
        held ? `${card.bytes} bytes` : "bytes missing",
        card.title,
        releases.join(" "),
      ]),
    );
  });
}

export async function showModel(hash: string, { json, ...where }: ModelOptions): Promise<void> {
  await withApi(where, async (api) => {
    const { card, at, by, held, releases } = await modelNamed(api, hash);
    if (json) return printJson({ hash: card.sha256, held, at, by, releases, card });
    print(`model     ${card.name} ${card.version}   ${card.title}`);
    print(`hash      ${card.sha256}   ${held ? `${card.bytes} bytes` : "bytes missing: put it again"}`);
    print(`channels  ${card.inputs["x"]?.[1] ?? "none"}   kept by ${by}, ${timeOf(at)}`);
    print(`made of   ${card.data}`);
    for (const [name, value] of Object.entries(card.metrics)) if (typeof value !== "object") print(`${name.padEnd(28)}  ${String(value)}`);
    print(`releases  ${releases.length === 0 ? "none" : releases.join(", ")}`);
  });
}

export async function releaseModel(hash: string, { profile, units, canary, name, why, json, wanted, ...where }: ModelRelease): Promise<void> {
  await withApi(where, async (api) => {
    const { card } = await modelNamed(api, hash);
    const ask = {
      hash: card.sha256,
      profile,
      // A share of machines is named for a canary.
      wanted: wanted ?? (canary === undefined ? "shadow" : "canary"),
      ...(units === undefined ? {} : { units }),
      ...(canary === undefined ? {} : { share: canary }),
      ...(name === undefined ? {} : { id: name }),
      ...(why === undefined ? {} : { why }),
    };
    const made = await ours(async () => api.ask<ReleaseView>("POST", "/api/hub/releases", ask));
    if (json) return printJson({ release: made.id, hash: made.hash, profile, wanted: made.wanted });
    print(`release  ${made.id}   ${made.name} ${made.version} as ${made.wanted} on ${profile} of ${made.units?.join(", ") ?? "all units that have it"}`);
    print(`follow   npm run outpost -- model status ${made.id}`);
  });
}

export async function askOfRelease(id: string, type: ReleaseAskType, { units, canary, why, json, ...where }: ModelAsked): Promise<void> {
  await withApi(where, async (api) => {
    const ask = { type, ...(units === undefined ? {} : { units }), ...(canary === undefined ? {} : { share: canary }), ...(why === undefined ? {} : { why }) };
    const view = await ours(async () => api.ask<ReleaseView>("POST", `/api/hub/releases/${encodeURIComponent(id)}/asks`, ask));
    const n = view.asks.at(-1)?.n ?? 0;
    if (json) return printJson({ release: id, asked: type, n, units: view.at.map(({ unit }) => unit), closed: view.closed !== undefined });
    print(`asked   ${type} of ${units?.join(", ") ?? "all its units"}${view.closed === undefined ? "" : "; no other unit begins it"}`);
    print(`follow  npm run outpost -- model status ${id}`);
  });
}

export async function showStatus(id: string | undefined, { json, ...where }: ModelOptions): Promise<void> {
  await withApi(where, async (api) => {
    if (id === undefined) {
      const { releases } = await api.ask<{ readonly releases: readonly ReleaseListed[] }>("GET", "/api/hub/releases");
      if (json) return printJson({ releases });
      if (releases.length === 0) print("no releases yet: npm run outpost -- model release HASH --profile PROFILE");
      return table(releases.map((one) => [one.id, `${one.name} ${one.version}`, one.profile, one.closed === undefined ? "open" : "closed", statesOf(one)]));
    }
    const view = await api.ask<ReleaseView>("GET", `/api/hub/releases/${encodeURIComponent(id)}`);
    if (json) return printJson({ ...view });
    print(`release  ${view.id}   ${view.name} ${view.version}, ${view.hash.slice(0, SHOWN)}, up to ${view.wanted} on ${view.profile}`);
    print(`made     by ${view.made.by}, ${timeOf(view.made.at)}${view.closed === undefined ? "" : `; closed by ${view.closed.by}, ${timeOf(view.closed.at)}`}`);
    if (view.at.length === 0) print("units    none has asked yet: a unit with that profile does so within five minutes");
    for (const one of view.at) for (const line of unitLines(one, view)) print(line);
  });
}

function unitLines({ unit, toldAt, state, record, live, comparison, canary }: ReleaseAtUnit, { asks }: ReleaseView): readonly string[] {
  const waiting = asks.filter(({ n, units }) => n > (state.answered ?? 0) && (units === undefined || units.includes(unit)));
  const reasons = comparison?.refusal?.reasons ?? canary?.refusal?.reasons ?? state.reasons ?? [];
  return [
    `${unit}  ${state.state}, ${timeOf(state.at)}${state.state === "fetching" ? ` (${state.fetched ?? 0} bytes)` : ""}   told ${timeOf(toldAt)}`,
    ...(record === undefined ? [] : [`  this model  ${figuresOf(record)}`]),
    ...(live === undefined ? [] : [`  live model  ${figuresOf(live)}`]),
    ...(comparison === undefined
      ? []
      : [
          `  compared    ${comparison.tickets} jobs, ${comparison.faults} faults: found ${comparison.candidate.found} to ${comparison.live.found}, false ${comparison.candidate.false} to ${comparison.live.false}`,
        ]),
    ...(reasons.length === 0 ? [] : [`  because     ${reasons.map(({ code, about }) => `${code}${tail(about)}`).join("; ")}`]),
    ...(state.refusal === undefined ? [] : [`  refused     ${refusalLine(state.refusal)}`]),
    ...(waiting.length === 0 ? [] : [`  not yet     ${waiting.map(({ type, by }) => `${type}, asked by ${by}`).join("; ")}`]),
  ];
}

function tail(about: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(about).map(([name, value]) => `${name} ${String(value).slice(0, SHOWN)}`);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function figuresOf({ assetDays, devices, tickets, found, corrections, adoption, falseAlarmRate, failures }: ModelRecord): string {
  const share = (value: number | undefined): string => (value === undefined ? "none yet" : `${Math.round(value * 100)} %`);
  return `${assetDays.toFixed(1)} machine-days on ${devices}, jobs ${tickets} (${found.true} true, ${found.false} false), false alarms ${share(falseAlarmRate)}, adopted ${share(adoption)}, corrected ${corrections}, rows without an answer ${failures}`;
}

function statesOf({ states }: ReleaseListed): string {
  return Object.entries(states)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}

async function modelsOf(api: Api): Promise<readonly KeptModel[]> {
  return (await api.ask<{ readonly models: readonly KeptModel[] }>("GET", "/api/hub/models")).models;
}

/** By its hash, or the beginning of it. */
async function modelNamed(api: Api, hash: string): Promise<KeptModel> {
  if (!new RegExp(`^[0-9a-f]{${LEAST},64}$`).test(hash)) throw usage(`${hash}: a hash, or its first ${LEAST} digits at least: npm run outpost -- model list`);
  const found = (await modelsOf(api)).filter(({ card }) => card.sha256.startsWith(hash));
  const [first, second] = found;
  if (second !== undefined) throw usage(`${hash}: ${found.length} models begin so; give more of the hash`);
  if (first === undefined) throw failure(`no model ${hash} at this hub; see npm run outpost -- model list, or put it there with model put`);
  return first;
}

async function ours<T>(body: () => Promise<T>): Promise<T> {
  return await body().catch((error: unknown) => {
    const refusal = refusalOf(error);
    throw refusal !== null && OURS.includes(refusal.refused) ? usage(refusalLine(refusal)) : error;
  });
}

function cardOf(file: string): ModelCard {
  const { value, lineOf } = readDocument(file);
  const card = ModelCard.safeParse(value);
  if (card.success) return card.data;
  const refusal = malformed(card.error, "mend the card; those in edge/verdict/models are examples");
  throw usage(`${file}${lineOf(refusal.field)}: ${refusalLine(refusal)}`);
}

function bytesOf(file: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = new Uint8Array(readFileSync(file));
    if (bytes.byteLength > MODEL_BYTES_MAX) throw usage(`${file}: a model has at most ${MODEL_BYTES_MAX} bytes; export a smaller graph`);
    return bytes;
  } catch (error) {
    if (error instanceof Error && "code" in error) throw usage(`${file} can't be read: ${String(error.code)}`);
    throw error;
  }
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows)
    print(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 19);
}
