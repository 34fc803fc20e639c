/** What the customer said by the CRM: that the work shall wait, or when somebody is expected. */
import type { Ticket } from "../../contracts/ticket.ts";
import { useNow } from "./clock.ts";
import { dayOf, timeOf } from "./figures.ts";
import { useWords } from "./language.ts";
import { sharedWords } from "./words/shared.ts";

export function CustomerSaid({ ticket, zone }: { readonly ticket: Ticket; readonly zone: string }) {
  const words = useWords(sharedWords).customer;
  const { hold, appointment } = ticket;
  const now = useNow(60_000);
  if (hold === undefined && appointment === undefined) return null;
  return (
    <p className="customer-said" role="note">
      {hold === undefined ? null : (
        <span className="hold">
          {words.hold(hold.reason, hold.until === undefined ? "" : `${dayUnlessToday(hold.until, now, zone)}${minuteOf(hold.until, zone)}`)}
        </span>
      )}
      {appointment === undefined ? null : (
        <span className="appointment">
          {words.appointment(dayUnlessToday(appointment.from, now, zone), minuteOf(appointment.from, zone), minuteOf(appointment.to, zone))}
        </span>
      )}
    </p>
  );
}

/** Nobody is expected to the second. */
function minuteOf(at: number, zone: string): string {
  return timeOf(at, zone).slice(0, 5);
}

function dayUnlessToday(at: number, now: number, zone: string): string {
  return dayOf(at, zone) === dayOf(now, zone) ? "" : `${dayOf(at, zone)} `;
}
