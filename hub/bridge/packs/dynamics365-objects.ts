/**
 * The tables of Dynamics 365 Field Service as far as the bridges use them, by their logical names. `outpost_id` is a column that the
 * organisation adds to each, text, as an alternate key; a look-up is written and read through the record it leads to, found by that key.
 * What is system-required must be given, what is application-required is wanted by forms only.
 * Source: Microsoft Learn, table/entity reference, https://learn.microsoft.com/en-us/dynamics365/field-service/developer/reference/entities/
 * {msdyn_workorder,msdyn_workorderincident,msdyn_workorderproduct,bookableresourcebooking,bookingstatus,bookableresource} and, for the
 * tables that Field Service extends, https://learn.microsoft.com/en-us/dynamics365/developer/reference/entities/
 * {bookableresourcebooking,bookableresource,msdyn_customerasset,account}.
 */
import { type TheirField, flag, instant, number, objectSchema, option, reference, text, whole } from "../object.ts";

const ID = 128;
const own = { outpost_id: text(ID, "must") } as const;
const known = (table: string, need: "must" | "wanted" | "may" = "may"): TheirField =>
  reference(table, { outpost_id: text(ID, need === "must" ? "must" : "may") }, need);
const table = (name: string, fields: Readonly<Record<string, TheirField>>) => objectSchema("dynamics365", name, fields);

/** Global choice msdyn_wosystemstatus. Its values must not be changed ("Don't edit option set (choice) values"). */
export const SYSTEM_STATUS = {
  690970000: "Unscheduled",
  690970001: "Scheduled",
  690970002: "In Progress",
  690970003: "Completed",
  690970004: "Posted",
  690970005: "Canceled",
} as const;

/** Global choice msdyn_bookingsystemstatus: what a booking status, a row that organisations make, is to Field Service. */
export const FIELD_SERVICE_STATUS = {
  690970000: "Scheduled",
  690970001: "Traveling",
  690970002: "On Break",
  690970003: "In Progress",
  690970004: "Completed",
  690970005: "Canceled",
} as const;

export const OBJECTS = {
  msdyn_workorder: table("msdyn_workorder", {
    ...own,
    msdyn_name: text(100, "wanted"),
    msdyn_systemstatus: option(SYSTEM_STATUS, "wanted"),
    msdyn_serviceaccount: known("account", "wanted"),
    msdyn_pricelist: known("pricelevel", "wanted"),
    msdyn_workordertype: known("msdyn_workordertype", "wanted"),
    msdyn_taxable: flag("wanted"),
    msdyn_customerasset: known("msdyn_customerasset"),
    // A priority is a row with a name; which there are is the organisation's choice.
    msdyn_priority: reference("msdyn_priority", { msdyn_name: text(100) }),
    msdyn_workordersummary: text(8000),
    msdyn_timefrompromised: instant(),
    msdyn_timetopromised: instant(),
    msdyn_firstarrivedon: instant(),
    msdyn_completedon: instant(),
    msdyn_timeclosed: instant(),
  }),
  msdyn_workorderincident: table("msdyn_workorderincident", {
    ...own,
    msdyn_workorder: known("msdyn_workorder", "wanted"),
    msdyn_incidenttype: known("msdyn_incidenttype", "wanted"),
    msdyn_customerasset: known("msdyn_customerasset"),
    msdyn_description: text(8000),
    msdyn_incidentresolved: flag(),
    msdyn_isprimary: flag(),
  }),
  msdyn_workorderproduct: table("msdyn_workorderproduct", {
    msdyn_workorder: known("msdyn_workorder", "wanted"),
    msdyn_product: known("product", "wanted"),
    msdyn_unit: known("uom", "wanted"),
    msdyn_name: text(200, "wanted"),
    msdyn_linestatus: option({ 690970000: "Estimated", 690970001: "Used" }, "wanted"),
    msdyn_estimatequantity: number("may", { minimum: 0, maximum: 1_000_000_000 }),
  }),
  bookableresourcebooking: table("bookableresourcebooking", {
    ...own,
    resource: known("bookableresource", "must"),
    bookingstatus: reference("bookingstatus", { msdyn_fieldservicestatus: option(FIELD_SERVICE_STATUS, "must") }, "must"),
    bookingtype: option({ 1: "Solid", 2: "Liquid" }),
    starttime: instant("must"),
    endtime: instant("must"),
    duration: whole("must", { minimum: 0, "x-uom": "min" }),
    msdyn_workorder: known("msdyn_workorder"),
    msdyn_actualarrivaltime: instant(),
  }),
  msdyn_customerasset: table("msdyn_customerasset", {
    ...own,
    msdyn_name: text(100, "wanted"),
    msdyn_account: known("account"),
    msdyn_assettag: text(100),
    msdyn_latitude: number("may", { "x-uom": "deg", minimum: -90, maximum: 90 }),
    msdyn_longitude: number("may", { "x-uom": "deg", minimum: -180, maximum: 180 }),
  }),
  account: table("account", { ...own, name: text(160, "wanted"), telephone1: text(50) }),
  bookableresource: table("bookableresource", {
    ...own,
    name: text(100),
    // The rest of the choice (user, contact, equipment, …) wants a further record; a generic resource wants none.
    resourcetype: option({ 1: "Generic", 2: "Contact", 3: "User", 4: "Equipment", 5: "Account", 6: "Crew", 7: "Facility", 8: "Pool" }, "must"),
  }),
} as const;
