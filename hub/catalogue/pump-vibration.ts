/** Pumps watched by vibration, power, pressure, temperature and flow: eight channels at 1 Hz, in the order in which the model reads them. */
import { Scenario } from "../../contracts/scenario.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Held from the first sample, for any pump: 130 °C is the limit of insulation of class B (IEC 60085). What is usual for one machine its model learns;
 * and of acceleration no standard says how much is too much, as ISO 20816 does of velocity.
 */
const HOT = { warnHigh: 110, tripHigh: 130 };

/** Ranges are of the sensors, not of the machines: outside them a value is a fault of the measurement. */
const channels = [
  { id: "vibration.a.rms", uom: "[g]", title: { en: "Vibration A", zh: "振动 A" }, min: 0, max: 100 },
  { id: "vibration.b.rms", uom: "[g]", title: { en: "Vibration B", zh: "振动 B" }, min: 0, max: 100 },
  { id: "current", uom: "A", title: { en: "Current", zh: "电流" }, min: -50, max: 1_000 },
  { id: "pressure", uom: "bar", title: { en: "Pressure", zh: "压力" }, min: -2, max: 700 },
  { id: "temperature.motor", uom: "Cel", title: { en: "Motor temperature", zh: "电机温度" }, min: -60, max: 250, limits: HOT },
  { id: "temperature.fluid", uom: "Cel", title: { en: "Fluid temperature", zh: "介质温度" }, min: -60, max: 400 },
  { id: "voltage", uom: "V", title: { en: "Voltage", zh: "电压" }, min: 0, max: 1_500 },
  { id: "flow", uom: "L/min", title: { en: "Flow", zh: "流量" }, min: -10, max: 10_000 },
].map((channel) => ({ ...channel, periodMs: 1_000, nulls: "gap" as const }));

const faultModes = [
  {
    id: "bearing-wear",
    title: { en: "Bearing wear", zh: "轴承磨损" },
    severity: "high",
    priority: "p1",
    skills: ["mechanical", "bearings"],
    parts: [
      { part: "BRG-6308", quantity: 2 },
      { part: "SEAL-45", quantity: 1 },
      { part: "GREASE-EP2", quantity: 1 },
    ],
    channels: ["vibration.a.rms", "vibration.b.rms"],
    workMs: 2 * HOUR_MS,
  },
  {
    id: "cavitation",
    title: { en: "Cavitation", zh: "气蚀" },
    severity: "medium",
    priority: "p2",
    skills: ["mechanical", "hydraulics"],
    parts: [
      { part: "IMPELLER-180", quantity: 1 },
      { part: "GASKET-180", quantity: 2 },
    ],
    channels: ["flow", "pressure"],
    workMs: 1.5 * HOUR_MS,
  },
  {
    id: "loosening",
    title: { en: "Loose mounting", zh: "地脚松动" },
    severity: "medium",
    priority: "p2",
    skills: ["mechanical"],
    parts: [{ part: "BOLT-M16", quantity: 4 }],
    channels: ["vibration.b.rms"],
    workMs: HOUR_MS,
  },
  {
    id: "overheating",
    title: { en: "Overheating", zh: "过热" },
    severity: "high",
    priority: "p1",
    skills: ["electrical"],
    parts: [{ part: "FAN-132", quantity: 1 }],
    channels: ["temperature.motor", "temperature.fluid"],
    workMs: HOUR_MS,
  },
  {
    id: "supply",
    title: { en: "Electrical supply", zh: "供电异常" },
    severity: "medium",
    priority: "p2",
    skills: ["electrical"],
    parts: [{ part: "CONTACTOR-95", quantity: 1 }],
    channels: ["voltage", "current"],
    workMs: HOUR_MS,
  },
  {
    id: "unclear",
    title: { en: "Abnormal behaviour", zh: "运行异常" },
    severity: "medium",
    priority: "p2",
    skills: ["mechanical"],
    parts: [],
    channels: [],
    workMs: HOUR_MS,
  },
];

const profile = {
  id: "pump",
  title: { en: "Pump", zh: "泵" },
  channels,
  faultCodes: { E12: "bearing-wear", E21: "cavitation", E31: "overheating", E41: "supply" },
  model: "ensemble",
};

const shiftLead = { en: "Shift lead", zh: "值班长" };
const serviceManager = { en: "Service manager", zh: "服务经理" };

export const pumpVibration: Scenario = Scenario.parse({
  format: 1,
  template: "pump-vibration",
  title: { en: "Pump vibration", zh: "泵振动监测" },
  locale: "zh",
  timeZone: "Asia/Shanghai",
  site: { name: { en: "Changsha works", zh: "长沙工厂" }, place: { lat: 28.2282, lon: 112.9388 } },
  kind: "live",
  profiles: [profile],
  commissioningRows: 400,
  // The model's graph holds evidence and release itself: a delay on top of it only tells later.
  judge: { onScore: 0.5, offScore: 0.44, onDelayMs: 0, offDelayMs: 0, holdOffMs: 60_000, latenessMs: 60_000, aheadMs: 60_000 },
  faultModes,
  faultModeDefault: "unclear",
  sla: {
    p1: { respondMs: 2 * HOUR_MS, resolveMs: 8 * HOUR_MS },
    p2: { respondMs: 4 * HOUR_MS, resolveMs: 24 * HOUR_MS },
    p3: { respondMs: 8 * HOUR_MS, resolveMs: 72 * HOUR_MS },
  },
  dispatch: { offerMs: 120_000, speedKmh: 40, detour: 1.3, retryMs: 60_000, roundsMax: 5, positionStaleMs: 15 * 60_000 },
  tickets: {
    // What one failing pump says of itself comes within minutes, on several channels; half an hour later a job may be on its way.
    groupMs: 30 * MINUTE_MS,
    // A tenth and a quarter of the time in which somebody is promised to be there: late enough for three offers, early enough to call someone.
    escalations: [
      { when: "unacknowledged", afterMs: 15 * MINUTE_MS, who: shiftLead, to: "desk", priorities: ["p1"] },
      { when: "unaccepted", afterMs: 12 * MINUTE_MS, who: shiftLead, to: "desk", priorities: ["p1"] },
      { when: "unaccepted", afterMs: 30 * MINUTE_MS, who: serviceManager, to: "service-manager", priorities: ["p1"] },
      { when: "unaccepted", afterMs: HOUR_MS, who: shiftLead, to: "desk", priorities: ["p2"] },
      { when: "unaccepted", afterMs: 4 * HOUR_MS, who: shiftLead, to: "desk", priorities: ["p3"] },
    ],
  },
  // Only what the unit is bound to is told: see `connectors.teams`.
  fanOut: {
    rules: [
      { action: "ticket", to: "dispatch", autonomy: "act" },
      { action: "owner-notice", to: "account-owner", severityMin: "high", autonomy: "act" },
      { action: "quality-report", to: "product-team", repeats: { min: 2, withinMs: 90 * 86_400_000 }, autonomy: "act" },
      { action: "breach-notice", to: "desk", trouble: "at-risk", autonomy: "act" },
      { action: "breach-notice", to: "account-owner", trouble: "will-breach", autonomy: "act" },
    ],
  },
  autonomy: { ticket: "act", offer: "act", reserve: "act" },
  connectors: {},
  ackWithinMs: 0,
  retention: { logMs: HOUR_MS, traceMs: 48 * HOUR_MS, decisionsMax: 100_000 },
});
