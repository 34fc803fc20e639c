/** The objects of the unit that a request names. The guard has checked that the unit's name is one. */
import type { Context } from "hono";
import type { TenantId, UnitId } from "../../contracts/ids.ts";
import { intakeObject, intakeParts, ONE_OBJECT, sliceOf, unitObject } from "../../contracts/object-name.ts";
import type { Bound } from "./guard.ts";

export function unitNamed(env: Env, unit: string) {
  return env.UNIT.getByName(unitObject(env.TENANT as TenantId, unit as UnitId));
}

export function intakeNamed(env: Env, unit: string, slice = 0) {
  return env.INTAKE.getByName(intakeObject(env.TENANT as TenantId, unit as UnitId, ONE_OBJECT.objectOf[slice] ?? 0));
}

/** All Intake objects of a unit, each once. */
export function intakesOf(env: Env, unit: string) {
  return intakeParts(ONE_OBJECT).map((part) => env.INTAKE.getByName(intakeObject(env.TENANT as TenantId, unit as UnitId, part)));
}

export function unitOf(c: Context<Bound>) {
  return unitNamed(c.env, c.req.param("unit") ?? "");
}

/** The Intake object that serves the device of the request, or the only one. */
export function intakeOf(c: Context<Bound>) {
  const device = c.req.param("device");
  return intakeNamed(c.env, c.req.param("unit") ?? "", device === undefined ? 0 : sliceOf(device));
}
