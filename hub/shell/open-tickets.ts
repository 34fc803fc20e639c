/**
 * The open tickets of a stream. Pages ask for them every few seconds, and looking through all tickets takes some 50 ms in which nobody else is
 * served: so what was found is kept, and only what the log has said since is looked at again.
 */
import { Priority } from "../../contracts/ticket.ts";
import type { OpenTicket } from "../health/reach.ts";
import type { StreamState } from "../merge/store.ts";

/** Tickets looked through, the newest first. One that is still open behind so many newer ones is not what a link's state hangs on. */
const TICKETS_LOOKED = 20_000;
/** Lines that are followed one by one; behind more it is quicker to look through all. */
const LINES_FOLLOWED = 5_000;
/** SQLite reads into a record four times as fast as parsing all of it here would. */
const OPEN = "json_extract(record, '$.cells.state.value') NOT IN ('resolved', 'closed', 'cancelled')";
const ALIVE = "SELECT id, units, at, record FROM entity WHERE entity = 'ticket' AND deleted = 0";

export type OpenTickets = { list(state: StreamState): readonly OpenTicket[] };

export function openTickets(storage: SqlStorage): OpenTickets {
  let [epoch, head] = [0, 0];
  let open = new Map<string, OpenTicket>();

  const read = (tickets: string, given: string | number): readonly OpenTicket[] =>
    storage
      .exec(`SELECT * FROM (${tickets}) WHERE ${OPEN}`, given)
      .toArray()
      .flatMap((row) => ticketOf(row) ?? []);

  return {
    list(state) {
      if (state.epoch !== epoch || state.head < head || state.head - head > LINES_FOLLOWED) {
        open = new Map(read(`${ALIVE} ORDER BY id DESC LIMIT ?`, TICKETS_LOOKED).map((ticket) => [ticket.id, ticket]));
      } else if (state.head > head) {
        const changed = storage.exec("SELECT DISTINCT id FROM log WHERE hub_seq > ? AND entity = 'ticket'", head).toArray();
        for (const { id } of changed) {
          const [ticket] = read(`${ALIVE} AND id = ?`, String(id));
          if (ticket === undefined) open.delete(String(id));
          else open.set(ticket.id, ticket);
        }
      }
      [epoch, head] = [state.epoch, state.head];
      return [...open.values()];
    },
  };
}

type Cells = Readonly<Record<string, { readonly value?: unknown }>>;

/** Null for one of which not all has arrived: it has no promise yet that could be looked at. */
function ticketOf(row: Readonly<Record<string, SqlStorageValue>>): OpenTicket | null {
  const { cells } = JSON.parse(String(row["record"])) as { readonly cells: Cells };
  const [state, respondBy, resolveBy] = [cells["state"]?.value, cells["respondBy"]?.value, cells["resolveBy"]?.value];
  const priority = Priority.safeParse(cells["priority"]?.value);
  if (typeof state !== "string" || !priority.success || typeof respondBy !== "number" || typeof resolveBy !== "number") return null;
  const units = JSON.parse(String(row["units"])) as readonly string[];
  return { id: String(row["id"]), units, priority: priority.data, state, respondBy, resolveBy, at: Number(row["at"]) };
}
