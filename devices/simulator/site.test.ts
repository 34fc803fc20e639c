import { expect, test } from "vitest";
import { isOnShift } from "../../edge/dispatch/shift.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { CHANNELS } from "./baseline.ts";
import { FAULT_MODES } from "./fault.ts";
import { REPAIRS } from "./repair.ts";
import { distanceM, placeOn, routeM } from "./route.ts";
import { bareSite, machineOf } from "./site.ts";

const NOW = 1_763_750_000_000;
const HOUR_MS = 3_600_000;

test("M9 twelve machines, one device each, three customers, six engineers, all in and around Changsha", () => {
  const site = bareSite(1, NOW);
  expect(site.assets).toHaveLength(12);
  expect(site.devices.map((device) => device.asset)).toEqual(site.assets.map((asset) => asset.id));
  expect(new Set(site.assets.map((asset) => asset.customer))).toEqual(new Set(site.customers.map((customer) => customer.id)));
  expect(site.engineers).toHaveLength(6);
  for (const { position } of site.assets) expect(distanceM(position, pumpVibration.site.place)).toBeLessThan(25_000);
  for (const { home } of site.engineers) expect(distanceM(home, pumpVibration.site.place)).toBeLessThan(25_000);
  expect(site.assets.filter((asset) => asset.moves).map((asset) => asset.kind)).toEqual(Array(4).fill("pump-truck"));
});

test("M9 the same seed makes the same site, another seed another past", () => {
  expect(bareSite(1, NOW)).toEqual(bareSite(1, NOW));
  expect(bareSite(2, NOW).repairs).not.toEqual(bareSite(1, NOW).repairs);
  expect(bareSite(2, NOW).devices).toEqual(bareSite(1, NOW).devices);
});

test("M9 at every hour of the week at least three engineers can take each kind of fault", () => {
  const { engineers } = bareSite(1, NOW);
  for (let hour = 0; hour < 7 * 24; hour++) {
    const at = NOW + hour * HOUR_MS;
    const there = engineers.filter((engineer) => isOnShift(engineer.shifts, at, pumpVibration.timeZone));
    expect(there.length).toBeLessThan(engineers.length);
    for (const mode of pumpVibration.faultModes) {
      const able = there.filter((engineer) => mode.skills.every((skill) => engineer.skills.includes(skill)));
      expect(able.length, `${mode.id} in hour ${hour}`).toBeGreaterThanOrEqual(3);
    }
  }
});

test("M9 each asset has two to four repairs behind it, done by somebody who could, with parts the template knows", () => {
  const site = bareSite(7, NOW);
  const modes = new Map(pumpVibration.faultModes.map((mode) => [mode.id as string, mode]));
  const parts = new Set(pumpVibration.faultModes.flatMap((mode) => mode.parts.map((part) => part.part as string)));
  for (const asset of site.assets) {
    const repairs = site.repairs.filter((repair) => repair.asset === asset.id);
    expect(repairs.length).toBeGreaterThanOrEqual(2);
    expect(repairs.length).toBeLessThanOrEqual(4);
    for (const repair of repairs) {
      expect(repair.doneAt).toBeLessThan(NOW - 10 * 86_400_000);
      const engineer = site.engineers.find((each) => each.id === repair.engineer);
      expect(modes.get(repair.faultMode)?.skills.every((skill) => engineer?.skills.includes(skill))).toBe(true);
      for (const { part } of repair.parts) expect(parts).toContain(part);
    }
  }
  expect(new Set(REPAIRS.map((repair) => repair.faultMode))).toEqual(new Set(FAULT_MODES));
});

test("M1 machines send the template's channels, in its order; their faults are faults of the template", () => {
  expect(pumpVibration.profiles[0]?.channels.map((channel) => channel.id)).toEqual([...CHANNELS]);
  const modes = pumpVibration.faultModes.map((mode) => mode.id as string);
  for (const mode of FAULT_MODES) expect(modes).toContain(mode);
});

test("M10 a truck drives its street there and back, at the speed it is given", () => {
  const { route } = machineOf("truck-202");
  if (route === null) throw new Error("trucks have a route");
  const whole = routeM(route);
  expect(whole).toBeGreaterThan(5_000);
  expect(placeOn(route, 0)).toEqual(route.places[0]);
  expect(distanceM(placeOn(route, whole - 0.001), route.places.at(-1) ?? { lat: 0, lon: 0 })).toBeLessThan(1);
  expect(distanceM(placeOn(route, 2 * whole + 500), placeOn(route, 500))).toBeLessThan(1);
  for (let m = 0; m < 2 * whole; m += 50) expect(distanceM(placeOn(route, m), placeOn(route, m + 50))).toBeLessThan(51);
});
