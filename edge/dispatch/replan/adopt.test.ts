/** A large proposal is adopted in pieces: what a crash, a fault or somebody else in between makes of it. The shell's own row and link, over a unit in memory. */
import { expect, test } from "vitest";
import type { Decided } from "../../../contracts/effect.ts";
import type { UnitView } from "../../../contracts/entity.ts";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { onAnswer, onProposal } from "../../journey.ts";
import { accept, scenarioOf } from "../../sim/cast.ts";
import { drawCrowd, MORNING } from "../../sim/crowd.ts";
import { startRandom } from "../../sim/random.ts";
import { commit, reload, startWorld, type World } from "../../sim/world.ts";
import { whole } from "../route/pieces.ts";
import type { Proposal } from "./ask.ts";
import { nextAsk } from "./pace.ts";
import { solve } from "./solve.ts";

type Taken = "adopted" | "kept" | "more" | { readonly stale: Refusal; readonly made: number; readonly warm: Proposal["tours"] };
type Parts = {
  readonly view: UnitView;
  readonly read: () => string | undefined;
  readonly write: (text: string) => void;
  readonly input: (body: (write: (decided: Decided, actor: string, reason: string) => void) => void, now: number) => void;
  readonly newId: () => string;
  readonly now: () => number;
};
type PlannerAdoption = { readonly take: (proposal: Proposal) => Taken; readonly goOn: () => Taken | null; readonly isBegun: () => boolean };

/** The shell is no part of the tests' own program: what it must be is said here. */
const shell = async (name: string): Promise<unknown> => await import(`../../shell/planner-${name}.ts`);
const { plannerAdoption } = (await shell("adoption")) as { readonly plannerAdoption: (parts: Parts) => PlannerAdoption };

const NOW = MORNING + 1_000;

/** Two dozen jobs that nobody has, and a plan for them. */
function crowd(seed: number): { readonly world: World; readonly proposal: Proposal } {
  const { scenario, changes } = drawCrowd(seed, scenarioOf(pumpVibration, { connectors: {} }), { engineers: 18, tickets: 16, waiting: 24 });
  const world = startWorld(scenario, changes);
  const { ask } = whole(nextAsk(world.view, MORNING, { planned: "", asks: 0 }));
  if (ask === null) throw new Error("nothing to plan");
  return { world, proposal: solve({ ...ask, iterations: 400 }) };
}

type Kept = { world: World; row: string };

/** `within`: in the transaction of each piece, which is nothing where it throws. */
function opened(kept: Kept, within: () => void = () => undefined): PlannerAdoption & { readonly puts: () => number } {
  let puts = 0;
  return {
    ...plannerAdoption({
      view: kept.world.view,
      read: () => kept.row,
      write: (text) => void (kept.row = text),
      input: (body) => {
        const before = kept.row;
        const written: Decided[] = [];
        try {
          body((decided) => void written.push(decided));
          within();
        } catch (error) {
          kept.row = before;
          throw error;
        }
        for (const decided of written) commit(kept.world, decided);
        puts++;
      },
      newId: kept.world.newId,
      now: () => NOW,
    }),
    puts: () => puts,
  };
}

/** Who has what, and who is asked for what, without the numbers that were drawn on the way. */
function stands({ view }: World): unknown {
  const tickets = view.list("ticket").map((ticket) => [ticket.id, ticket.state, "to" in ticket ? ticket.to : null, ticket.asked]);
  const offers = view.list("offer").map(({ ticket, engineer, state }) => `${ticket} ${engineer} ${state}`);
  const routes = view.list("route").map(({ id, stops }) => [id, stops.map(({ ticket }) => ticket)]);
  return { tickets, offers: offers.toSorted(), routes };
}

function atOnce(seed: number): World {
  const { world, proposal } = crowd(seed);
  const decided = onProposal(world.view, proposal, NOW, world.newId);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(world, decided);
  return world;
}

test("PL26 a proposal that is adopted in pieces comes to what it would be at once, in small pieces, each with its own decision", () => {
  for (const seed of [1, 2]) {
    const { world, proposal } = crowd(seed);
    const kept: Kept = { world, row: "" };
    const adoption = opened(kept);
    let taken: Taken | null = adoption.take(proposal);
    let pieces = 1;
    for (; taken === "more"; pieces++) {
      expect(adoption.isBegun()).toBe(true);
      taken = adoption.goOn();
    }
    expect(taken).toBe("adopted");
    expect(adoption.isBegun()).toBe(false);
    expect(kept.row).toBe("");
    expect(stands(world)).toEqual(stands(atOnce(seed)));
    const told = world.kept.decisions.filter(({ outcome, step }) => step === "offer" && outcome === "replanned");
    const moved = told.map(({ snapshot }) => (snapshot?.["moved"] as string[] | undefined)?.length ?? 0);
    expect(moved.length).toBeGreaterThan(4);
    expect(Math.max(...moved)).toBeLessThanOrEqual(5);
    expect(pieces).toBeGreaterThanOrEqual(moved.length);
    expect(new Set(told.map(({ snapshot }) => JSON.stringify(snapshot?.["steps"]))).size).toBe(told.length);
  }
});

test("PL26 an object that ends between two pieces goes on where it was: nothing is lost and nothing is done twice", () => {
  const want = stands(atOnce(4));
  for (let seed = 0; seed < 6; seed++) {
    const random = startRandom(seed);
    const { world, proposal } = crowd(4);
    const kept: Kept = { world, row: "" };
    let adoption = opened(kept);
    let taken: Taken | null = adoption.take(proposal);
    let crashes = 0;
    while (taken === "more") {
      if (random.chance(0.4)) {
        crashes++;
        kept.world = reload(kept.world);
        adoption = opened(kept);
      }
      taken = adoption.goOn();
    }
    expect(taken).toBe("adopted");
    expect(crashes).toBeGreaterThan(0);
    expect(stands(kept.world)).toEqual(want);
    expect(opened(kept).goOn()).toBeNull();
  }
});

test("PL26 a piece whose transaction fails is nothing, nor is its row: the object that is opened next takes it again", () => {
  const want = stands(atOnce(5));
  for (const at of [0, 1, 3]) {
    const { world, proposal } = crowd(5);
    const kept: Kept = { world, row: "" };
    let adoption = opened(kept);
    let taken: Taken | null = at === 0 ? null : adoption.take(proposal);
    for (let i = 1; i < at; i++) taken = adoption.goOn();
    const [before, row] = [stands(world), kept.row];
    // The process dies within the transaction.
    const dying = opened(kept, () => {
      throw new Error("the machine is gone");
    });
    const parts = { row: kept.row };
    expect(() => (at === 0 ? dying.take(proposal) : dying.goOn())).toThrow("gone");
    expect(stands(world)).toEqual(before);
    // Whoever lives on drops what would fail again; whoever died has the row as it was.
    expect(kept.row).toBe("");
    kept.row = parts.row;
    expect(kept.row).toBe(row);
    kept.world = reload(kept.world);
    adoption = opened(kept);
    taken = at === 0 ? adoption.take(proposal) : adoption.goOn();
    while (taken === "more") taken = adoption.goOn();
    expect(taken).toBe("adopted");
    expect(stands(kept.world)).toEqual(want);
  }
});

test("PL26 when somebody changes the plan between two pieces the rest is dropped, and is where the next ask begins", () => {
  const { world, proposal } = crowd(6);
  const kept: Kept = { world, row: "" };
  const adoption = opened(kept);
  expect(adoption.take(proposal)).toBe("more");
  const [offer] = world.view.list("offer", { state: "open" });
  if (offer === undefined) throw new Error("nobody was asked");
  const said = onAnswer(world.view, accept(offer), NOW + 1, world.newId);
  if (isRefusal(said)) throw new Error(said.rule);
  commit(world, said);
  const before = stands(world);
  expect(adoption.goOn()).toMatchObject({ stale: { refused: "stale-version" }, made: 2, warm: proposal.tours });
  expect(stands(world)).toEqual(before);
  expect(kept.row).toBe("");
  expect(adoption.goOn()).toBeNull();
});

test("PL26 a proposal that is stale, or changes nothing, writes nothing", () => {
  const { world, proposal } = crowd(7);
  const kept: Kept = { world, row: "" };
  const adoption = opened(kept);
  expect(adoption.take({ ...proposal, version: "another" })).toMatchObject({ stale: { refused: "stale-version" }, made: 0 });
  expect(adoption.take({ ...proposal, costAfter: proposal.costBefore })).toBe("kept");
  expect([kept.row, adoption.puts(), adoption.isBegun()]).toEqual(["", 0, false]);
});
