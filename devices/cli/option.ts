/** Values of options, checked where they are parsed: a bad one ends the command with one line and exit 2. */
import { InvalidArgumentError } from "commander";
import { SkillId, UnitId } from "../../contracts/ids.ts";
import { Role } from "../../contracts/permission.ts";

const PORT_MAX = 65_535;

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > PORT_MAX) throw new InvalidArgumentError(`use a port from 0 (any free one) to ${PORT_MAX}.`);
  return port;
}

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError("use a whole number from 1 up.");
  return Number(text);
}

/** A number, with a point or without. */
export function parseAmount(least: number, most: number): (text: string) => number {
  return (text) => {
    const amount = Number(text);
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(text) || amount < least || amount > most) throw new InvalidArgumentError(`use a number from ${least} to ${most}.`);
    return amount;
  };
}

/** Longest time that anything here is told to take. */
const SECONDS_MAX = 3_600;

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > SECONDS_MAX) throw new InvalidArgumentError(`use seconds up to ${SECONDS_MAX}, such as 0.5.`);
  return seconds;
}

export function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("use a whole number from 0 up.");
  return Number(text);
}

/** Two whole numbers with two dots between. */
export function parseRange(text: string): readonly [number, number] {
  const [, from, to] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? [];
  if (from === undefined || to === undefined || Number(from) > Number(to)) throw new InvalidArgumentError("use a range such as 1..100.");
  return [Number(from), Number(to)];
}

/** An administrator's token is made where the server is, by its first start or by whoever deploys it. */
export const GIVEN_ROLES = Role.exclude(["admin"]);
export type GivenRole = Exclude<Role, "admin">;

export function parseRole(text: string): GivenRole {
  const role = GIVEN_ROLES.safeParse(text);
  if (!role.success) throw new InvalidArgumentError(`use one of ${GIVEN_ROLES.options.join(", ")}.`);
  return role.data;
}

/** Who has a page to open: at a unit, or at the hub. A unit elsewhere connects with a token, and a customer complains with one. */
const LINK_ROLES = GIVEN_ROLES.exclude(["unit", "customer"]);
export type LinkRole = Exclude<GivenRole, "unit" | "customer">;

export function parseLinkRole(text: string): LinkRole {
  const role = LINK_ROLES.safeParse(text);
  if (!role.success) throw new InvalidArgumentError(`use one of ${LINK_ROLES.options.join(", ")}.`);
  return role.data;
}

/** Degrees from -`max` to `max`: 90 of latitude, 180 of longitude. */
export function parseDegrees(max: number): (text: string) => number {
  return (text) => {
    const degrees = Number(text);
    if (!/^-?\d+(\.\d+)?$/.test(text) || Math.abs(degrees) > max) throw new InvalidArgumentError(`use degrees from -${max} to ${max}.`);
    return degrees;
  };
}

export function parseSkills(text: string): readonly SkillId[] {
  return text.split(",").map((skill) => parseName(SkillId)(skill.trim()));
}

export function parseUnits(text: string): readonly UnitId[] {
  return text.split(",").map((unit) => parseName(UnitId)(unit.trim()));
}

/** For names that the contracts define: `parse` is a schema's, and says its rule. */
export function parseName<T>(schema: {
  safeParse(text: string): { success: true; data: T } | { success: false; error: { issues: readonly { message: string }[] } };
}): (text: string) => T {
  return (text) => {
    const name = schema.safeParse(text);
    if (!name.success) throw new InvalidArgumentError(`${name.error.issues[0]?.message ?? "not a name"}.`);
    return name.data;
  };
}
