import { expect, test } from "vitest";
import { absenceOf, fieldOf, quickAway } from "./away.ts";

const NOW = Date.UTC(2026, 2, 28, 9, 30);
const ZONE = "Europe/Berlin";

test("W52 an absence is entered on the site's clock, also across the night in which it leaps", () => {
  expect(fieldOf(NOW, ZONE)).toBe("2026-03-28T10:30");
  expect(absenceOf({ from: "2026-03-28T10:30", until: "2026-03-29T12:00" }, NOW, ZONE)).toEqual({ from: NOW, until: Date.UTC(2026, 2, 29, 10) });
  expect(quickAway(NOW, ZONE, 0).until).toBe(Date.UTC(2026, 2, 28, 23));
  expect(quickAway(NOW, ZONE, 1).until).toBe(Date.UTC(2026, 2, 29, 22));
});

test("W52 what can't be an absence names its field and rule", () => {
  const of = (from: string, until: string) => absenceOf({ from, until }, NOW, ZONE);
  expect([of("", "2026-03-29T12:00"), of("2026-03-28T10:30", "soon"), of("2026-03-29T12:00", "2026-03-29T12:00")]).toEqual(["from", "until", "order"]);
  expect([of("2026-03-01T00:00", "2026-03-28T10:30"), of("2026-03-28T10:30", "2027-04-01T00:00")]).toEqual(["past", "long"]);
});
