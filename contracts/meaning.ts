/** How our own schemas say what `annotation.ts` names: beside the field, so that a value and its meaning can't drift apart. */
import { z } from "zod";
import type { AttributeAnnotations } from "./annotation.ts";

/** An enumeration of the keys, in their order; each says what it means. */
export function meanings<const T extends Readonly<Record<string, string>>>(of: T): z.ZodEnum<{ [K in keyof T & string]: K }> {
  const keys = Object.fromEntries(Object.keys(of).map((key) => [key, key])) as { [K in keyof T & string]: K };
  return z.enum(keys).meta({ "x-meaning": of });
}

/** One constant, such as the state of an alternative in a union. */
export function meaning<const T extends string>(value: T, of: string): z.ZodLiteral<T> {
  return z.literal(value).meta({ "x-meaning": { [value]: of } });
}

/** A value about a person, and what it may be used for. */
export function personal(...purpose: [string, ...string[]]): AttributeAnnotations {
  return { "x-class": "personal", "x-purpose": purpose };
}

export function uom(code: string): AttributeAnnotations {
  return { "x-uom": code };
}
