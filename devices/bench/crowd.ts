/** Units as they are stored, with a full day in each: rows found by key or by an indexed column, each read from its JSON. */
import { columnsOf, type Entity, type Family, type UnitView, type Where } from "../../contracts/entity.ts";
import type { Passage, Ticket } from "../../contracts/ticket.ts";
import { matches } from "../../edge/decision/draft.ts";
import { rowReader } from "../../edge/decision/row.ts";
import { drawCrowd } from "../../edge/sim/crowd.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";

/** A morning with sixty engineers and three hundred tickets, of which forty are nobody's. */
export const CROWD = { engineers: 60, tickets: 260, waiting: 40 };

export type Opened = { readonly view: UnitView; readonly waiting: readonly Ticket[] };

export function openCrowd(seed: number): Opened {
  const { scenario, changes } = drawCrowd(seed, pumpVibration, CROWD);
  const bodies = new Map<string, string>();
  const lists = new Map<string, string[]>();
  for (const { family, id, after } of changes) {
    if (after === null) continue;
    const body = JSON.stringify(withHistory(after));
    bodies.set(`${family} ${id}`, body);
    for (const [column, value] of [...Object.entries(columnsOf(family, after)), ["", null]]) {
      const key = `${family} ${column} ${value ?? ""}`;
      lists.set(key, [...(lists.get(key) ?? []), body]);
    }
  }
  const read = rowReader();
  const view: UnitView = {
    scenario,
    get: <F extends Family>(family: F, id: string) => {
      const body = bodies.get(`${family} ${id}`);
      return body === undefined ? undefined : read<F>(fresh(body));
    },
    list: <F extends Family>(family: F, where: Where = {}) => {
      const [[column, value] = ["", ""], ...more] = Object.entries(where);
      const found = (lists.get(`${family} ${column} ${value}`) ?? []).map((body) => read<F>(fresh(body)));
      return more.length === 0 ? found : found.filter((one) => matches(family, one, where));
    },
  };
  return { view, waiting: view.list("ticket", { state: "open" }) };
}

/** A ticket that has come some way carries its passages: rows are as long as they are in a unit. */
function withHistory(entity: Entity): Entity {
  if (!("openedAt" in entity)) return entity;
  const { openedAt: at } = entity;
  const history: Passage[] = [
    { at, to: "open", by: "unit", as: "unit", why: "the alarm" },
    { at: at + 1, from: "open", to: "offered", by: "unit", as: "unit" },
    { at: at + 60_000, from: "offered", to: "assigned", by: "engineer-007", as: "engineer" },
  ];
  return { ...entity, history };
}

/** As a database hands it out: the text of a row is another string each time. */
function fresh(body: string): string {
  return Buffer.from(body, "latin1").toString("latin1");
}
