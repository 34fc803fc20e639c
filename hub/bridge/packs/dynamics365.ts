/**
 * Dynamics 365 Field Service: tickets as work orders, their incidents and bookings, kits as work order products, and the customers,
 * assets and engineers that they speak of. What the statuses mean: "Work order life cycle and statuses" on Microsoft Learn,
 * https://learn.microsoft.com/en-us/dynamics365/field-service/work-order-status-booking-status, and "Work Order Status Concepts",
 * https://www.microsoft.com/en-us/dynamics-365/blog/it-professional/2023/05/12/work-order-status-concepts-system-status-and-substatus/
 */
import { Bridge, type BridgeInput } from "../bridge.ts";
import { OBJECTS } from "./dynamics365-objects.ts";
import type { Pack } from "./pack.ts";

const same = { rule: "same" } as const;
const moment = { rule: "instant", as: "date-time" } as const;

const UNSCHEDULED = 690970000;
const IN_PROGRESS = 690970002;
const unscheduled = "Unscheduled, which is said of every work order without a resource: open, offered and reopened jobs";
const inProgress = "In Progress, which begins when the resource leaves and goes on while the job is paused";
const posted = "Posted, which is also invoiced: ours says nothing of an invoice";
const done = "Completed, which is the end of a booking: the work order tells whether the job is closed";
const onBreak = "On Break, which is said of the resource: ours also waits for parts and for customers";

const bridges: readonly BridgeInput[] = [
  {
    id: "dynamics365-work-order",
    version: 1,
    system: "dynamics365",
    ours: { subject: "ticket", major: 2 },
    theirs: { object: "msdyn_workorder", key: "outpost_id" },
    joins: { asset: { subject: "asset", major: 1 } },
    fields: [
      { ours: "id", theirs: "outpost_id", by: same },
      { ours: "asset", theirs: "msdyn_customerasset.outpost_id", by: same },
      { ours: "asset/customer", theirs: "msdyn_serviceaccount.outpost_id", way: "out", by: same },
      {
        ours: "faultMode",
        theirs: "msdyn_workordersummary",
        way: "out",
        by: { rule: "expression", forth: "value + ' · ' + ours.asset + ' · severity ' + ours.severity" },
      },
      {
        ours: "state",
        theirs: "msdyn_systemstatus",
        by: {
          rule: "state",
          pairs: [
            { ours: "open", theirs: UNSCHEDULED, relation: "narrower", than: unscheduled, way: "out" },
            { ours: "offered", theirs: UNSCHEDULED, relation: "narrower", than: unscheduled, way: "out" },
            { ours: "reopened", theirs: UNSCHEDULED, relation: "narrower", than: unscheduled, way: "out" },
            { ours: "assigned", theirs: 690970001, relation: "equivalent" },
            { ours: "travelling", theirs: IN_PROGRESS, relation: "narrower", than: inProgress, way: "out" },
            { ours: "working", theirs: IN_PROGRESS, relation: "narrower", than: inProgress, way: "out" },
            { ours: "paused", theirs: IN_PROGRESS, relation: "narrower", than: inProgress, way: "out" },
            { ours: "resolved", theirs: 690970003, relation: "equivalent" },
            { ours: "closed", theirs: 690970004, relation: "broader", than: posted },
            { ours: "cancelled", theirs: 690970005, relation: "equivalent" },
          ],
          refused: [UNSCHEDULED, IN_PROGRESS],
          unions: [UNSCHEDULED, IN_PROGRESS],
        },
      },
      {
        ours: "priority",
        theirs: "msdyn_priority.msdyn_name",
        by: {
          rule: "look-up",
          pairs: [
            { ours: "p1", theirs: "High" },
            { ours: "p2", theirs: "Medium" },
            { ours: "p3", theirs: "Low" },
          ],
        },
        note: "priorities are rows with names that each organisation chooses: put its own here",
      },
      { ours: "openedAt", theirs: "msdyn_timefrompromised", by: moment },
      { ours: "resolveBy", theirs: "msdyn_timetopromised", by: moment },
      { ours: "arrivedAt", theirs: "msdyn_firstarrivedon", by: moment },
      { ours: "resolvedAt", theirs: "msdyn_completedon", by: moment },
    ],
  },
  {
    id: "dynamics365-work-order-incident",
    version: 1,
    system: "dynamics365",
    ours: { subject: "ticket", major: 2 },
    theirs: { object: "msdyn_workorderincident", key: "outpost_id" },
    fields: [
      { ours: "id", theirs: "outpost_id", by: same },
      { ours: "id", theirs: "msdyn_workorder.outpost_id", way: "out", by: same },
      { ours: "faultMode", theirs: "msdyn_incidenttype.outpost_id", by: same },
      { ours: "asset", theirs: "msdyn_customerasset.outpost_id", by: same },
      {
        ours: "severity",
        theirs: "msdyn_description",
        way: "out",
        by: { rule: "expression", forth: "'severity ' + value + (has(ours.alarm) ? ', alarm ' + ours.alarm : '')" },
      },
      { ours: "state", theirs: "msdyn_incidentresolved", way: "out", by: { rule: "expression", forth: "value == 'resolved' || value == 'closed'" } },
    ],
    constants: [{ theirs: "msdyn_isprimary", value: true }],
  },
  {
    id: "dynamics365-booking",
    version: 1,
    system: "dynamics365",
    ours: { subject: "ticket", major: 2 },
    theirs: { object: "bookableresourcebooking", key: "outpost_id" },
    // Without an engineer there is no booking. A job that is called off no longer names one: its booking ends with the work order.
    only: { attr: "state", values: ["assigned", "travelling", "working", "paused", "resolved", "closed"], not: ["open", "offered", "reopened", "cancelled"] },
    fields: [
      { ours: "offer", theirs: "outpost_id", by: same },
      { ours: "id", theirs: "msdyn_workorder.outpost_id", by: same },
      { ours: "to", theirs: "resource.outpost_id", by: same },
      {
        ours: "state",
        theirs: "bookingstatus.msdyn_fieldservicestatus",
        by: {
          rule: "state",
          pairs: [
            { ours: "assigned", theirs: 690970000, relation: "equivalent" },
            { ours: "travelling", theirs: 690970001, relation: "equivalent" },
            { ours: "paused", theirs: 690970002, relation: "broader", than: onBreak },
            { ours: "working", theirs: 690970003, relation: "equivalent" },
            { ours: "resolved", theirs: 690970004, relation: "narrower", than: done, way: "out" },
            { ours: "closed", theirs: 690970004, relation: "narrower", than: done, way: "out" },
          ],
          refused: [690970004, 690970005],
          unions: [690970004],
        },
      },
      { ours: "acceptedAt", theirs: "starttime", by: moment },
      { ours: "resolveBy", theirs: "endtime", by: moment },
      // Whole minutes, as their booking counts them.
      {
        ours: "resolveBy",
        theirs: "duration",
        way: "out",
        by: { rule: "expression", forth: "value > ours.acceptedAt ? int((value - ours.acceptedAt) / 60000.0) : 0" },
      },
      { ours: "arrivedAt", theirs: "msdyn_actualarrivaltime", by: moment },
    ],
    constants: [{ theirs: "bookingtype", value: 1 }],
  },
  {
    id: "dynamics365-work-order-product",
    version: 1,
    system: "dynamics365",
    ours: { subject: "kit", major: 2 },
    theirs: { object: "msdyn_workorderproduct" },
    each: "lines",
    fields: [
      { ours: "ticket", theirs: "msdyn_workorder.outpost_id", by: same },
      { ours: "lines.part", theirs: "msdyn_product.outpost_id", by: same },
      { ours: "lines.quantity", theirs: "msdyn_estimatequantity", way: "out", by: same },
    ],
    constants: [{ theirs: "msdyn_linestatus", value: 690970000 }],
  },
  {
    id: "dynamics365-customer-asset",
    version: 1,
    system: "dynamics365",
    ours: { subject: "asset", major: 1 },
    theirs: { object: "msdyn_customerasset", key: "outpost_id" },
    fields: [
      { ours: "id", theirs: "outpost_id", by: same },
      { ours: "id", theirs: "msdyn_assettag", way: "out", by: same },
      { ours: "name", theirs: "msdyn_name", by: same },
      { ours: "customer", theirs: "msdyn_account.outpost_id", by: same },
      // Their columns keep 5 decimals, a metre: what came back would move the asset.
      { ours: "position.lat", theirs: "msdyn_latitude", way: "out", by: same },
      { ours: "position.lon", theirs: "msdyn_longitude", way: "out", by: same },
    ],
  },
  {
    id: "dynamics365-account",
    version: 1,
    system: "dynamics365",
    ours: { subject: "customer", major: 1 },
    theirs: { object: "account", key: "outpost_id" },
    fields: [
      { ours: "id", theirs: "outpost_id", by: same },
      { ours: "name", theirs: "name", by: same },
      { ours: "contact.phone", theirs: "telephone1", by: same },
    ],
  },
  {
    id: "dynamics365-bookable-resource",
    version: 1,
    system: "dynamics365",
    ours: { subject: "engineer", major: 1 },
    theirs: { object: "bookableresource", key: "outpost_id" },
    fields: [
      { ours: "id", theirs: "outpost_id", by: same },
      { ours: "name", theirs: "name", by: same },
    ],
    constants: [{ theirs: "resourcetype", value: 1 }],
  },
];

export const dynamics365: Pack = { system: "dynamics365", objects: OBJECTS, bridges: bridges.map((bridge) => Bridge.parse(bridge)) };
