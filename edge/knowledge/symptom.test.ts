import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnosis } from "../../contracts/diagnosis.ts";
import type { ChannelId } from "../../contracts/ids.ts";
import { Entry } from "../../contracts/knowledge.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { startRandom } from "../sim/random.ts";
import { faultModeOf } from "../ticket/fault-mode.ts";
import { buildGraph, citedEntry, putEntry } from "./graph.ts";
import { entriesOfScenario, faultModeFrom, startKnowledge } from "./scenario.ts";
import { diagnose, type Observed, rankFaultModes } from "./symptom.ts";

const graph = startKnowledge(pumpVibration, pumpKnowledge.entries);
const bare = startKnowledge(pumpVibration, []);
const otherwise = pumpVibration.faultModeDefault;
const channels = 8;
const evidence = (...list: readonly (readonly [string, number])[]) => list.map(([channel, share]) => ({ channel: channel as never, share }));
const found = (observed: Observed, of = graph, model = "ISW200") => diagnose(of, model, { channels, ...observed }, otherwise);

describe("KG5 from what is seen, sent and said to fault modes", () => {
  test.each([
    [{ evidence: evidence(["vibration.a.rms", 0.6], ["vibration.b.rms", 0.4]) }, "bearing-wear", "vibration-of-bearings"],
    [{ evidence: evidence(["vibration.b.rms", 0.97], ["current", 0.03]) }, "loosening", "vibration-at-foot"],
    [{ evidence: evidence(["flow", 0.5], ["pressure", 0.4], ["current", 0.1]) }, "cavitation", "flow-and-pressure"],
    [{ complaint: "轴承那边有异响，声音刺耳" }, "bearing-wear", "grinding-noise"],
    [{ complaint: "Water is dripping from the shaft, there is a puddle" }, "seal-leak", "leak"],
    [{ complaint: "It sounds like gravel and there is no water" }, "cavitation", "gravel-noise"],
    [{ code: "E31" }, "overheating", "code-e31"],
  ] satisfies readonly (readonly [Observed, string, string])[])("%j is %s, by %s", (observed, mode, symptom) => {
    const diagnosis = Diagnosis.parse(found(observed));
    expect(diagnosis).toMatchObject({ faultMode: mode });
    expect(diagnosis.undecided).toBeUndefined();
    expect(diagnosis.cites[0]).toEqual({ entry: `fault-mode:${mode}`, version: 1 });
    expect(diagnosis.cites.map(({ entry }) => entry)).toContain(`symptom:${symptom}`);
    expect(diagnosis.component).toBeDefined();
    for (const cited of [...diagnosis.cites, ...diagnosis.others.flatMap(({ cites }) => cites)]) expect(citedEntry(graph, cited)).toBeDefined();
  });

  test("signs of several kinds add up, and what is denied speaks against", () => {
    const likelihood = (observed: Observed, mode: string) =>
      rankFaultModes(graph, "ISW200", { channels, ...observed }, otherwise).find((one) => one.mode.id === mode)?.likelihood ?? 0;
    const one = likelihood({ complaint: "It rattles" }, "cavitation");
    const two = likelihood({ complaint: "It rattles, and there is low flow" }, "cavitation");
    expect(two).toBeGreaterThan(one);
    expect(likelihood({ complaint: "It rattles, low flow", evidence: evidence(["flow", 0.6], ["pressure", 0.4]) }, "cavitation")).toBeGreaterThan(two);
    expect(likelihood({ complaint: "It rattles. No leak." }, "seal-leak")).toBeLessThan(likelihood({ complaint: "It rattles." }, "seal-leak"));
  });

  test("what was mended on the model so far counts, more the more of it there is", () => {
    const share = (n: number) =>
      rankFaultModes(graph, "ISW200", { repairs: new Map([["seal-leak" as never, n]]) }, otherwise).find(({ mode }) => mode.id === "seal-leak")?.likelihood ??
      0;
    expect(share(0)).toBeLessThan(share(3));
    expect(share(3)).toBeLessThan(share(300));
    expect(share(300)).toBeLessThan(1);
  });

  test("a reason names the entry's own word, never the customer's", () => {
    const [first] = rankFaultModes(graph, "ISW200", { complaint: "Mr Zhou says oil is LEAKING on his carpet" }, otherwise);
    expect(first?.because[0]).toMatchObject({ symptom: { entry: "symptom:leak", version: 1 }, by: ["words"], said: "leak" });
    expect(JSON.stringify(first?.because)).not.toMatch(/zhou|carpet/i);
  });

  const Observation = fc.record(
    {
      evidence: fc.uniqueArray(
        fc.record({
          channel: fc.constantFrom(...(["vibration.a.rms", "vibration.b.rms", "flow", "pressure", "odd"] as ChannelId[])),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        {
          selector: ({ channel }) => channel,
        },
      ),
      code: fc.constantFrom("E12", "E99", ""),
      complaint: fc.oneof(fc.string(), fc.constantFrom("漏油", "not leaking", "。。。", "no no no leak")),
      channels: fc.integer({ min: 1, max: 64 }),
    },
    { requiredKeys: [] },
  );
  test("whatever is observed, likelihoods are shares of one whole, every mode cites itself, and the same gives the same", () => {
    fc.assert(
      fc.property(Observation, fc.constantFrom("ISW200", "unheard of"), (observed, model) => {
        const ranked = rankFaultModes(graph, model, observed, otherwise);
        expect(ranked.reduce((sum, { likelihood }) => sum + likelihood, 0)).toBeCloseTo(1, 9);
        const diagnosis = Diagnosis.parse(diagnose(graph, model, observed, otherwise));
        expect(diagnosis.cites[0]?.entry).toBe(`fault-mode:${diagnosis.faultMode}`);
        expect(diagnose(graph, model, observed, otherwise)).toEqual(diagnosis);
      }),
      { numRuns: 300 },
    );
  });
});

test("KG5 with more and more of the evidence elsewhere fewer faults are decided, those as rightly as by the scenario's own rule, and no likelihood promises more than comes true", () => {
  const random = startRandom(4);
  const [profile] = pumpVibration.profiles;
  const ids = profile?.channels.map(({ id }) => id) ?? [];
  const waits = (): number => -Math.log(1 - random.next());
  for (const [astray, leastDecided] of [
    [0.1, 0.95],
    [0.3, 0.8],
    [0.5, 0.6],
  ] as const) {
    let [n, decided, right, ruleRight, promised] = [0, 0, 0, 0, 0];
    for (const mode of pumpVibration.faultModes.filter((one) => one.channels.length > 0)) {
      for (let i = 0; i < 150; i++) {
        // Shares drawn at random: some on the mode's channels, some anywhere.
        const drawn = ids.map((id) => (mode.channels.includes(id) ? ((1 - astray) / mode.channels.length) * waits() : 0) + (astray / ids.length) * waits());
        const sum = drawn.reduce((a, b) => a + b, 0);
        const seen = ids.map((channel, c) => ({ channel, share: (drawn[c] ?? 0) / sum }));
        const diagnosis = found({ evidence: seen }, bare);
        n++;
        if (faultModeOf(pumpVibration, { evidence: seen }).id === mode.id) ruleRight++;
        if (diagnosis === null || diagnosis.undecided === true) continue;
        decided++;
        promised += diagnosis.likelihood;
        if (diagnosis.faultMode === mode.id) right++;
      }
    }
    expect(decided / n, `decided at ${astray}`).toBeGreaterThan(leastDecided);
    expect(right / decided, `right at ${astray}`).toBeGreaterThan(ruleRight / n - 0.03);
    expect(promised / decided, `promised at ${astray}`).toBeLessThan(right / decided + 0.02);
  }
});

describe("KG8 what nothing stands out of", () => {
  test("is undecided: the scenario's default mode, and beside it the likeliest ones", () => {
    for (const observed of [
      {},
      { evidence: evidence(...pumpVibration.profiles[0]!.channels.map(({ id }) => [id, 1 / 8] as const)) },
      { complaint: "please come" },
      { code: "E99" },
    ]) {
      const diagnosis = found(observed);
      expect(diagnosis).toMatchObject({ faultMode: "unclear", undecided: true, cites: [{ entry: "fault-mode:unclear", version: 1 }] });
      expect(diagnosis?.others).toHaveLength(5);
    }
  });

  test("and there is none where nothing is known at all", () => {
    expect(diagnose(buildGraph([]), "ISW200", { code: "E12" }, otherwise)).toBeNull();
  });
});

describe("KG6 a scenario without a document", () => {
  test("is known by its own words, in version 0", () => {
    expect(found({ evidence: evidence(["vibration.a.rms", 0.7], ["vibration.b.rms", 0.3]) }, bare)).toMatchObject({
      faultMode: "bearing-wear",
      cites: [
        { entry: "fault-mode:bearing-wear", version: 0 },
        { entry: "symptom:bearing-wear-channels-0", version: 0 },
      ],
    });
    expect(found({ code: "E21" }, bare)?.cites.map(({ entry }) => entry)).toEqual(["fault-mode:cavitation", "symptom:pump-e21-1"]);
  });

  test("leads where the scenario's own rule leads: by each code, and by evidence that falls on a mode's channels", () => {
    for (const [code, mode] of Object.entries(pumpVibration.profiles[0]!.faultCodes))
      for (const of of [bare, graph]) expect(found({ code }, of)?.faultMode).toBe(mode);
    const modes = pumpVibration.faultModes.filter((mode) => mode.channels.length > 0);
    for (const mode of modes)
      for (const lead of [0.5, 0.6, 0.7]) {
        // Most of the evidence on the mode's channels, the rest on one that speaks for nobody much.
        const own = mode.channels.map((channel, i) => [channel, mode.channels.length === 1 ? 0.95 : i === 0 ? lead : 0.95 - lead] as const);
        const seen = evidence(...own, ["x.other", 0.05]);
        for (const of of [bare, graph])
          expect(found({ evidence: seen }, of)?.faultMode, `${mode.id} ${lead}`).toBe(faultModeOf(pumpVibration, { evidence: seen }).id);
      }
  });

  test("gives way to a document, sign by sign: evidence never counts twice", () => {
    const keys = [...graph.current.keys()];
    expect(keys).not.toContain("symptom:bearing-wear-channels-0");
    expect(keys).not.toContain("symptom:pump-e12-0");
    // A document that says nothing of codes leaves those to the scenario.
    const quiet = startKnowledge(
      pumpVibration,
      pumpKnowledge.entries.filter(({ id }) => !id.startsWith("code-")),
    );
    expect([...quiet.current.keys()]).toContain("symptom:pump-e12-0");
    expect(found({ code: "E12" }, quiet)?.faultMode).toBe("bearing-wear");
  });

  test("each of its modes comes back as it was", () => {
    for (const mode of pumpVibration.faultModes) {
      const entry = bare.current.get(`fault-mode:${mode.id}`);
      expect(entry?.kind === "fault-mode" && faultModeFrom(bare, entry)).toEqual(mode);
    }
    expect(entriesOfScenario(pumpVibration).map((entry) => Entry.parse(entry))).toEqual(entriesOfScenario(pumpVibration));
  });
});

test("KG1 a diagnosis of yesterday cites what was known yesterday", () => {
  const live = startKnowledge(pumpVibration, pumpKnowledge.entries);
  const before = found({ code: "E12" }, live);
  const entry = live.current.get("fault-mode:bearing-wear");
  if (entry?.kind !== "fault-mode") throw new Error("no such mode");
  putEntry(live, { ...entry, version: 2, title: { en: "Bearings worn", zh: "轴承损坏" } });
  expect(found({ code: "E12" }, live)?.cites[0]).toEqual({ entry: "fault-mode:bearing-wear", version: 2 });
  expect(before?.cites.map((one) => citedEntry(live, one)?.title.en)).toContain("Bearing wear");
});
