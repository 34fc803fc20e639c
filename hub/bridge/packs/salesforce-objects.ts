/**
 * The objects of Salesforce Field Service as far as the bridges use them. `Outpost_Id__c` is a field that the organisation adds to each:
 * text, external ID, unique; records refer to each other by it, so that nobody keeps a table of Salesforce ids.
 * Source: Object Reference for the Salesforce Platform, https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
 * sforce_api_objects_{workorder,workorderstatus,serviceappointment,serviceappointmentstatus,assignedresource,productrequired,asset,account,
 * contact,serviceresource}.htm; whatever is not Nillable and not Defaulted on create there must be given.
 */
import { type TheirField, choice, day, flag, instant, number, objectSchema, reference, text } from "../object.ts";

const ID = 128;
const own = { Outpost_Id__c: text(ID, "must") } as const;
const known = (object: string, need?: "must"): TheirField => reference(object, { Outpost_Id__c: text(ID, need ?? "may") }, need ?? "may");
const object = (name: string, fields: Readonly<Record<string, TheirField>>) => objectSchema("salesforce", name, fields);

/** WorkOrderStatus, "Usage". */
const WORK_ORDER_STATUS = {
  New: "Work order was created, but there hasn't yet been any activity.",
  "In Progress": "Work has begun.",
  "On Hold": "Work is paused.",
  Completed: "Work is complete.",
  "Cannot Complete": "Work could not be completed.",
  Closed: "All work and associated activity is complete.",
  Canceled: "Work is canceled, typically before any work began.",
} as const;

/** ServiceAppointmentStatus, "Usage"; CheckedIn belongs to Salesforce Scheduler and is not in the workflow of Field Service. */
const APPOINTMENT_STATUS = {
  None: "Default value.",
  Scheduled: "Appointment has been assigned to a service resource.",
  Dispatched: "Assigned service resource has been notified about their assignment.",
  "In Progress": "Work has begun.",
  Completed: "Work is complete.",
  "Cannot Complete": "Work could not be completed.",
  Canceled: "Work is canceled, typically before any work began.",
} as const;

/** The values that Field Service schedules by: FSL__Scheduling_Priority__c in "WorkOrder Custom Fields" of the Field Service Developer Guide. */
const PRIORITY = { Critical: "1", High: "2", Medium: "3", Low: "4" } as const;

export const OBJECTS = {
  WorkOrder: object("WorkOrder", {
    ...own,
    Account: known("Account"),
    Asset: known("Asset"),
    Subject: text(255),
    Description: text(32_000),
    Status: choice(WORK_ORDER_STATUS),
    Priority: choice(PRIORITY),
    StartDate: instant(),
    EndDate: instant(),
  }),
  ServiceAppointment: object("ServiceAppointment", {
    ...own,
    ParentRecord: known("WorkOrder", "must"),
    Subject: text(255),
    Status: choice(APPOINTMENT_STATUS),
    EarliestStartTime: instant("must"),
    DueDate: instant("must"),
    ActualStartTime: instant(),
    ActualEndTime: instant(),
  }),
  AssignedResource: object("AssignedResource", {
    ...own,
    ServiceAppointment: known("ServiceAppointment", "must"),
    ServiceResource: known("ServiceResource", "must"),
    // "The estimated number of minutes … You can enter a value with up to two decimal places."
    EstimatedTravelTime: number("may", { "x-uom": "min" }),
  }),
  ProductRequired: object("ProductRequired", { ParentRecord: known("WorkOrder", "must"), Product2: known("Product2", "must"), QuantityRequired: number() }),
  Asset: object("Asset", {
    ...own,
    Name: text(255, "must"),
    Account: known("Account"),
    InstallDate: day(),
    Latitude: number("may", { "x-uom": "deg" }),
    Longitude: number("may", { "x-uom": "deg" }),
  }),
  Account: object("Account", { ...own, Name: text(255, "must"), Phone: text(40) }),
  Contact: object("Contact", { ...own, LastName: text(80, "must"), Phone: text(40), Account: known("Account") }),
  ServiceResource: object("ServiceResource", { ...own, Name: text(255, "must"), IsActive: flag() }),
} as const;
