import { expect, test } from "vitest";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { TEMPLATES } from "../hub/catalogue/templates.ts";
import { Scenario } from "./scenario.ts";

test("C10 every template is a scenario, and an unknown time zone is refused where it is written", () => {
  for (const template of TEMPLATES.values()) expect(Scenario.parse(template)).toEqual(template);
  const odd = Scenario.safeParse({ ...pumpVibration, timeZone: "Asia/Atlantis" });
  expect(odd.error?.issues[0]).toMatchObject({ path: ["timeZone"], message: "a time zone of the IANA list, such as Asia/Shanghai" });
});
