/**
 * Notes of faults found again by their words: hashed n-grams, the encoder, and both, on the same labelled notes. Known are technicians' notes;
 * asked are complaints of customers, a style that nothing was trained or tuned on (the desk's notes, on which shares and thresholds were chosen,
 * beside them), and the technicians' own by cross-validation, where the encoder was trained anew without each fold.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { clusterOf, likenessOf } from "../../edge/text/cluster.ts";
import { hashedOf } from "../../edge/text/hashed.ts";
import { agreementOf, hitsOf, type Labelled, NEAR, readNotes } from "../../edge/text/measure.ts";
import { GROUP_LIKENESS_MIN, GROUP_METHOD, type Method, METHODS, NEAR_METHOD, vectorBy } from "../../edge/text/vector.ts";
import { openShippedEncoder } from "../replay/encoder-node.ts";
import { machine, type Measured, quantile } from "./machine.ts";

/** Thresholds at which each method groups: the best of a grid on the desk's notes, by the adjusted Rand index, as GROUP_LIKENESS_MIN was chosen. */
const GRID = Array.from({ length: 46 }, (_, i) => 0.05 + i * 0.02);

/** `train/encoder.py --folds`: of each technician's note its fold, and its vectors by the model of each fold, as bytes. */
const Folds = z.object({ fold: z.array(z.number().int()), width: z.number().int(), vectors: z.array(z.string()) });

type Note = Labelled & { readonly hashed: Float32Array; readonly encoded: Float32Array };

export async function text(tell: (line: string) => void): Promise<Measured> {
  const encode = await openShippedEncoder();
  const tookMs: number[] = [];
  const notesOf = async (name: string): Promise<readonly Note[]> => {
    const notes: Note[] = [];
    for (const one of readNotes(await readFile(here(`notes/${name}.tsv`), "utf8"))) {
      const from = performance.now();
      notes.push({ ...one, hashed: hashedOf(one.note), encoded: await encode(one.note) });
      tookMs.push(performance.now() - from);
    }
    return notes;
  };
  const [technician, desk, complaints] = [await notesOf("technician"), await notesOf("desk"), await notesOf("complaints")];
  const folds = Folds.parse(JSON.parse(await readFile(here("folds.json"), "utf8")));
  tell(`${technician.length} notes of technicians, ${desk.length} of the desk, ${complaints.length} complaints`);
  const figures: Record<string, number> = {};
  for (const method of METHODS) {
    for (const [style, asked] of [
      ["complaints", complaints],
      ["desk", desk],
    ] as const) {
      put(figures, `${method} ${style}`, nearest(method, asked, technician));
      for (const language of ["zh", "en"]) {
        const own = asked.filter((one) => one.language === language);
        put(figures, `${method} ${style} ${language}`, nearest(method, own, technician));
        put(
          figures,
          `${method} ${style} ${language} across`,
          nearest(
            method,
            own,
            technician.filter((one) => one.language !== language && one.language !== "mix"),
          ),
        );
      }
    }
    put(figures, `${method} cross-validated`, crossed(method, technician, folds));
    const chosen = GRID.map((least) => ({ least, rand: grouped(method, desk, least).rand })).reduce((best, one) => (one.rand > best.rand ? one : best));
    figures[`${method} threshold`] = fixed(chosen.least);
    for (const [style, asked] of [
      ["complaints", complaints],
      ["desk", desk],
    ] as const) {
      const { rand, v } = grouped(method, asked, chosen.least);
      figures[`${method} ${style} rand`] = fixed(rand);
      figures[`${method} ${style} v`] = fixed(v);
    }
    tell(`${method} done`);
  }
  const ratio = (of: string, to: string): number => fixed((1 - (figures[to] ?? 0)) / (1 - (figures[of] ?? 0)));
  const known = vectorsBy(NEAR_METHOD, technician);
  const asked = vectorsBy(NEAR_METHOD, complaints);
  const searchMs = asked.map((one) => {
    const from = performance.now();
    for (const other of known) likenessOf(one, other);
    return performance.now() - from;
  });
  const from = performance.now();
  clusterOf(vectorsBy(GROUP_METHOD, technician), GROUP_LIKENESS_MIN);
  return {
    bench: "text",
    // Wrong of the default, against wrong of each alone.
    ratios: {
      "missed both/hashed": ratio("hashed complaints nearest", `${NEAR_METHOD} complaints nearest`),
      "missed both/encoder": ratio("encoder complaints nearest", `${NEAR_METHOD} complaints nearest`),
    },
    figures: {
      ...figures,
      "note p50 ms": fixed(quantile(tookMs, 0.5)),
      "note p99 ms": fixed(quantile(tookMs, 0.99)),
      [`search ${technician.length} p50 ms`]: fixed(quantile(searchMs, 0.5)),
      "cluster 300 ms": fixed(performance.now() - from),
    },
    machine: machine(),
  };
}

function here(path: string): string {
  return fileURLToPath(new URL(`../../edge/text/train/${path}`, import.meta.url));
}

function vectorsBy(method: Method, notes: readonly Note[]): readonly Float32Array[] {
  return notes.map(({ hashed, encoded }) => vectorBy(method, hashed, encoded));
}

function nearest(method: Method, asked: readonly Note[], known: readonly Note[]): ReturnType<typeof hitsOf> {
  const vectors = vectorsBy(method, known);
  const near = vectorsBy(method, asked).map((one) =>
    vectors
      .map((other, i) => ({ mode: known[i]?.mode ?? "", likeness: likenessOf(one, other) }))
      .toSorted((a, b) => b.likeness - a.likeness)
      .slice(0, NEAR)
      .map(({ mode }) => mode),
  );
  return hitsOf(
    asked.map(({ mode }) => mode),
    near,
  );
}

/** Each fold's notes among all others', by vectors of the encoder that saw only those. Means over all notes. */
function crossed(method: Method, notes: readonly Note[], { fold, width, vectors }: z.infer<typeof Folds>): ReturnType<typeof hitsOf> {
  const sums = { nearest: 0, found: 0 };
  for (const [f, packed] of vectors.entries()) {
    const bytes = new Int8Array(Buffer.from(packed, "base64"));
    const seen = notes.map((note, i) => ({ ...note, encoded: Float32Array.from(bytes.subarray(i * width, (i + 1) * width), (value) => value / 127) }));
    const mine = seen.filter((_, i) => fold[i] === f);
    const hits = nearest(
      method,
      mine,
      seen.filter((_, i) => fold[i] !== f),
    );
    sums.nearest += (hits.nearest * mine.length) / notes.length;
    sums.found += (hits.found * mine.length) / notes.length;
  }
  return sums;
}

function grouped(method: Method, notes: readonly Note[], least: number): ReturnType<typeof agreementOf> {
  return agreementOf(
    notes.map(({ mode }) => mode),
    clusterOf(vectorsBy(method, notes), least),
  );
}

function put(figures: Record<string, number>, name: string, hits: ReturnType<typeof hitsOf>): void {
  figures[`${name} nearest`] = fixed(hits.nearest);
  figures[`${name} in 5`] = fixed(hits.found);
}

function fixed(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
