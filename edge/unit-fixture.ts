/** A small unit for tests: one pump, two engineers always on shift, a verdict that opens a ticket. */
import type { Import } from "./shell/unit-import.ts";
import { Verdict } from "../contracts/verdict.ts";

const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
const place = { lat: 28.2, lon: 112.9 };

export const SITE: Import = {
  entities: [
    { family: "customer", entity: { id: "own", name: "Works" } },
    { family: "asset", entity: { id: "pump-1", name: "Pump 1", kind: "pump", model: "P-180", customer: "own", position: place, moves: false, installedAt: 1 } },
    { family: "device", entity: { id: "dev-1", asset: "pump-1", profile: "pump", name: "Sensor 1", addedAt: 1 } },
    {
      family: "engineer",
      entity: {
        id: "li-wei",
        name: "李伟",
        skills: ["mechanical", "bearings", "hydraulics"],
        shifts: always,
        home: { lat: 28.21, lon: 112.91 },
        locatable: true,
      },
    },
    {
      family: "engineer",
      entity: { id: "wang-fang", name: "王芳", skills: ["mechanical", "bearings"], shifts: always, home: { lat: 28.4, lon: 113.2 }, locatable: false },
    },
    { family: "repair", entity: { id: "r-1", asset: "pump-1", faultMode: "bearing-wear", cause: "worn", action: "replaced", parts: [], doneAt: 5 } },
  ],
};

export function verdictAt(at: number, change: Partial<Record<keyof Verdict, unknown>> = {}): Verdict {
  return Verdict.parse({
    device: "dev-1",
    asset: "pump-1",
    episode: `dev-1@${at}`,
    state: "anomalous",
    at,
    arrivedAt: at,
    since: at - 5_000,
    score: 0.9,
    evidence: [{ channel: "vibration.a.rms", share: 0.9 }],
    model: "a".repeat(64),
    fresh: true,
    absorbed: 2,
    ...change,
  });
}
