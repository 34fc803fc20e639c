/**
 * Salesforce Field Service: tickets as work orders and service appointments, assignments as assigned resources, kits as products
 * required, and the customers, assets and engineers that they speak of. Statuses by their default values: an organisation that added its
 * own imports its `describe` and mends the bridge where `check` says so.
 */
import { Bridge, type BridgeInput } from "../bridge.ts";
import type { Pack } from "./pack.ts";
import { OBJECTS } from "./salesforce-objects.ts";

const same = { rule: "same" } as const;
const moment = { rule: "instant", as: "date-time" } as const;

const newCovers = "New, which is said of every work order without activity: open, offered, assigned and reopened jobs";
const progressCovers = "In Progress, which does not tell the way there from the work";
const noneCovers = "None, which is said of every appointment without a resource: open, offered and reopened jobs";
const dispatchedCovers = "Dispatched, which does not tell whether the engineer has left";
const appointmentProgress = "In Progress, which goes on while a job is paused";
const appointmentDone = "Completed, which is the end of an appointment: the work order tells whether the job is closed";
const gaveUp = "Canceled: ours is also said of jobs given up after they began, which theirs calls Cannot Complete";

const bridges: readonly BridgeInput[] = [
  {
    id: "salesforce-work-order",
    version: 1,
    system: "salesforce",
    ours: { subject: "ticket", major: 2 },
    theirs: { object: "WorkOrder", key: "Outpost_Id__c" },
    joins: { asset: { subject: "asset", major: 1 } },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "asset", theirs: "Asset.Outpost_Id__c", by: same },
      { ours: "asset/customer", theirs: "Account.Outpost_Id__c", way: "out", by: same },
      { ours: "faultMode", theirs: "Subject", way: "out", by: { rule: "expression", forth: "value + ' · ' + ours.asset" } },
      {
        ours: "severity",
        theirs: "Description",
        way: "out",
        by: {
          rule: "expression",
          forth: "'severity ' + value + (has(ours.alarm) ? ', alarm ' + ours.alarm : '') + (has(ours.cause) ? '\\n' + ours.cause + '\\n' + ours.action : '')",
        },
      },
      {
        ours: "state",
        theirs: "Status",
        by: {
          rule: "state",
          pairs: [
            { ours: "open", theirs: "New", relation: "narrower", than: newCovers, way: "out" },
            { ours: "offered", theirs: "New", relation: "narrower", than: newCovers, way: "out" },
            { ours: "assigned", theirs: "New", relation: "narrower", than: newCovers, way: "out" },
            { ours: "reopened", theirs: "New", relation: "narrower", than: newCovers, way: "out" },
            { ours: "travelling", theirs: "In Progress", relation: "narrower", than: progressCovers, way: "out" },
            { ours: "working", theirs: "In Progress", relation: "narrower", than: progressCovers, way: "out" },
            { ours: "paused", theirs: "On Hold", relation: "equivalent" },
            { ours: "resolved", theirs: "Completed", relation: "equivalent" },
            { ours: "closed", theirs: "Closed", relation: "equivalent" },
            { ours: "cancelled", theirs: "Canceled", relation: "broader", than: gaveUp },
            { ours: "cancelled", theirs: "Cannot Complete", relation: "broader", than: gaveUp, way: "in" },
          ],
          // Several of ours are New: which one, only the unit can say.
          refused: ["New", "In Progress"],
          unions: ["New", "In Progress"],
          splits: ["cancelled"],
        },
      },
      {
        ours: "priority",
        theirs: "Priority",
        by: {
          rule: "look-up",
          pairs: [
            { ours: "p1", theirs: "Critical" },
            { ours: "p2", theirs: "High" },
            { ours: "p3", theirs: "Medium" },
            { ours: "p3", theirs: "Low", way: "in" },
          ],
        },
      },
      { ours: "openedAt", theirs: "StartDate", by: moment },
      { ours: "resolvedAt", theirs: "EndDate", by: moment },
    ],
  },
  {
    id: "salesforce-service-appointment",
    version: 1,
    system: "salesforce",
    ours: { subject: "ticket", major: 2 },
    theirs: { object: "ServiceAppointment", key: "Outpost_Id__c" },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "id", theirs: "ParentRecord.Outpost_Id__c", way: "out", by: same },
      { ours: "faultMode", theirs: "Subject", way: "out", by: { rule: "expression", forth: "value + ' · ' + ours.asset" } },
      {
        ours: "state",
        theirs: "Status",
        way: "out",
        by: {
          rule: "state",
          pairs: [
            { ours: "open", theirs: "None", relation: "narrower", than: noneCovers },
            { ours: "offered", theirs: "None", relation: "narrower", than: noneCovers },
            { ours: "reopened", theirs: "None", relation: "narrower", than: noneCovers },
            { ours: "assigned", theirs: "Dispatched", relation: "narrower", than: dispatchedCovers },
            { ours: "travelling", theirs: "Dispatched", relation: "narrower", than: dispatchedCovers },
            { ours: "working", theirs: "In Progress", relation: "narrower", than: appointmentProgress },
            { ours: "paused", theirs: "In Progress", relation: "narrower", than: appointmentProgress },
            { ours: "resolved", theirs: "Completed", relation: "narrower", than: appointmentDone },
            { ours: "closed", theirs: "Completed", relation: "narrower", than: appointmentDone },
            { ours: "cancelled", theirs: "Canceled", relation: "broader", than: gaveUp },
          ],
          refused: ["Scheduled", "Cannot Complete"],
          unions: ["None", "Dispatched", "In Progress", "Completed"],
        },
      },
      { ours: "openedAt", theirs: "EarliestStartTime", way: "out", by: moment },
      { ours: "resolveBy", theirs: "DueDate", way: "out", by: moment },
      { ours: "arrivedAt", theirs: "ActualStartTime", way: "out", by: moment },
      { ours: "resolvedAt", theirs: "ActualEndTime", way: "out", by: moment },
    ],
  },
  {
    id: "salesforce-assigned-resource",
    version: 1,
    system: "salesforce",
    ours: { subject: "assignment", major: 1 },
    theirs: { object: "AssignedResource", key: "Outpost_Id__c" },
    joins: { offer: { subject: "offer", major: 2 } },
    fields: [
      // The offer's id is the assignment's own: a ticket may be assigned again.
      { ours: "offer", theirs: "Outpost_Id__c", by: same },
      { ours: "id", theirs: "ServiceAppointment.Outpost_Id__c", by: same },
      { ours: "engineer", theirs: "ServiceResource.Outpost_Id__c", by: same },
      { ours: "offer/because.travelMs", theirs: "EstimatedTravelTime", way: "out", by: { rule: "convert", ours: "ms", theirs: "min" } },
    ],
  },
  {
    id: "salesforce-product-required",
    version: 1,
    system: "salesforce",
    ours: { subject: "kit", major: 2 },
    theirs: { object: "ProductRequired" },
    each: "lines",
    fields: [
      { ours: "ticket", theirs: "ParentRecord.Outpost_Id__c", by: same },
      { ours: "lines.part", theirs: "Product2.Outpost_Id__c", by: same },
      { ours: "lines.quantity", theirs: "QuantityRequired", way: "out", by: same },
    ],
  },
  {
    id: "salesforce-asset",
    version: 1,
    system: "salesforce",
    ours: { subject: "asset", major: 1 },
    theirs: { object: "Asset", key: "Outpost_Id__c" },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "name", theirs: "Name", by: same },
      { ours: "customer", theirs: "Account.Outpost_Id__c", by: same },
      { ours: "installedAt", theirs: "InstallDate", way: "out", by: { rule: "instant", as: "date" } },
      { ours: "position.lat", theirs: "Latitude", by: same },
      { ours: "position.lon", theirs: "Longitude", by: same },
    ],
  },
  {
    id: "salesforce-account",
    version: 1,
    system: "salesforce",
    ours: { subject: "customer", major: 1 },
    theirs: { object: "Account", key: "Outpost_Id__c" },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "name", theirs: "Name", by: same },
      { ours: "contact.phone", theirs: "Phone", by: same },
    ],
  },
  {
    id: "salesforce-contact",
    version: 1,
    system: "salesforce",
    ours: { subject: "customer", major: 1 },
    theirs: { object: "Contact", key: "Outpost_Id__c" },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "id", theirs: "Account.Outpost_Id__c", way: "out", by: same },
      {
        ours: "name",
        theirs: "LastName",
        way: "out",
        by: { rule: "expression", forth: "has(ours.contact) && has(ours.contact.person) ? string(ours.contact.person) : value" },
        note: "ours keeps a person's name whole",
      },
      { ours: "contact.phone", theirs: "Phone", way: "out", by: same },
    ],
  },
  {
    id: "salesforce-service-resource",
    version: 1,
    system: "salesforce",
    ours: { subject: "engineer", major: 1 },
    theirs: { object: "ServiceResource", key: "Outpost_Id__c" },
    fields: [
      { ours: "id", theirs: "Outpost_Id__c", by: same },
      { ours: "name", theirs: "Name", by: same },
    ],
    constants: [{ theirs: "IsActive", value: true }],
  },
];

export const salesforce: Pack = { system: "salesforce", objects: OBJECTS, bridges: bridges.map((bridge) => Bridge.parse(bridge)) };
