/** The unit as its Intake sees it: five calls, each of which may fail when the unit is restarting. */
import type { UnitForIntake } from "../../contracts/rpc.ts";
import type { Unit } from "../unit.ts";

export function unitStub(stub: DurableObjectStub<Unit>): UnitForIntake {
  return {
    intakePlan: async () => stub.intakePlan(),
    admitDevice: async (device, password) => stub.admitDevice(device, password),
    applyVerdicts: async (batch) => stub.applyVerdicts(batch),
    learnt: async (device, baseline) => stub.learnt(device, baseline),
    watched: async (report) => stub.watched(report),
  };
}
