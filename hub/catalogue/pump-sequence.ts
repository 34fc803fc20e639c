/** The pumps of `pump-vibration`, watched by a model of the sequence: a recurrent network forecasts each sample, and what it did not expect is the evidence. */
import { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "./pump-vibration.ts";

export const pumpSequence: Scenario = Scenario.parse({
  ...pumpVibration,
  template: "pump-sequence",
  title: { en: "Pump vibration, sequence model", zh: "泵振动监测（序列模型）" },
  profiles: pumpVibration.profiles.map((profile) => ({ ...profile, model: "gru" })),
  // Its score holds no evidence and no release: the judge waits for both.
  judge: { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 },
});
