/** What the customer said by the CRM: that the work shall wait, or when somebody is expected. */
import type { Ticket } from "../../contracts/ticket.ts";
import { dayOf, timeOf } from "./figures.ts";
import { useWords } from "./language.ts";
import { sharedWords } from "./words/shared.ts";

export function CustomerSaid({ ticket, zone }: { readonly ticket: Ticket; readonly zone: string }) {
  const words = useWords(sharedWords).customer;
  const { hold, appointment } = ticket;
  if (hold === undefined && appointment === undefined) return null;
  return (
    <p className="customer-said" role="note">
      {hold === undefined ? null : (
        <span>{words.hold(hold.reason, hold.until === undefined ? "" : `${dayOf(hold.until, zone)} ${timeOf(hold.until, zone)}`)}</span>
      )}
      {appointment === undefined ? null : (
        <span>{words.appointment(dayOf(appointment.from, zone), timeOf(appointment.from, zone), timeOf(appointment.to, zone))}</span>
      )}
    </p>
  );
}
