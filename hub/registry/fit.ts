/**
 * Whether what a unit may write can be read here: a structural comparison of two JSON Schemas, theirs and ours, that names the first
 * field at fault. Equal fingerprints fit without looking. Fields that only they know are carried along, so they never misfit.
 * Not compared: bounds and patterns. A value beyond ours is dead-lettered on its own.
 */
import { type Contract, fingerprint } from "../../contracts/contract.ts";
import { canonical } from "../../contracts/delta/json.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** Nesting of a schema that is looked into; ours have 6. Deeper is refused, so that a foreign document can't exhaust the stack. */
const DEPTH_MAX = 32;

type Schema = Readonly<Record<string, unknown>>;
type Misfit = { readonly path: string; readonly rule: string };

/** Refuses `unfit-contract` with the path of the field, `{subject}.{field}`. */
export function fit(theirs: Contract, ours: Contract | undefined): Refusal | null {
  const { subject } = theirs;
  if (theirs.fingerprint !== fingerprint(theirs.schema))
    return unfit(subject, "the fingerprint is not that of the schema", "send the SHA-256 of the schema's canonical JSON");
  if (ours === undefined) return unfit(subject, "the hub knows no such subject", "bring the hub up to date first, or do not register it");
  if (theirs.fingerprint === ours.fingerprint) return null;
  if (theirs.version !== ours.version)
    return unfit(subject, `version ${theirs.version} is registered, the hub holds version ${ours.version}`, "bring unit and hub to one major version");
  const [a, b] = [asSchema(theirs.schema), asSchema(ours.schema)];
  const misfit = misfitOf(a, b, subject, 0) ?? misfitOfRules(asSchema(a["x-merge"]), asSchema(b["x-merge"]), a, b, subject);
  return misfit === null
    ? null
    : unfit(misfit.path, misfit.rule, "change the unit's contract so that the hub's readers can read it, or raise its major version");
}

/** The attributes that an operation under this contract may name. */
export function attributesOf(contract: Contract): readonly string[] {
  return [...new Set(alternatives(asSchema(contract.schema)).flatMap((schema) => Object.keys(asSchema(schema["properties"]))))];
}

function misfitOf(theirs: Schema, ours: Schema, path: string, depth: number): Misfit | null {
  if (depth > DEPTH_MAX) return { path, rule: `nested deeper than ${DEPTH_MAX}` };
  const readers = alternatives(ours);
  for (const theirsOne of alternatives(theirs)) {
    const misfits = readers.map((oursOne) => ({ akin: akin(theirsOne, oursOne), misfit: misfitOfOne(theirsOne, oursOne, path, depth) }));
    if (misfits.some(({ misfit }) => misfit === null)) continue;
    // The alternative of the same state tells more than "none of seven fits".
    const told = misfits.toSorted((a, b) => b.akin - a.akin)[0]?.misfit;
    return told ?? { path, rule: "nothing here reads it" };
  }
  return null;
}

function misfitOfOne(theirs: Schema, ours: Schema, path: string, depth: number): Misfit | null {
  if (ours["$ref"] !== undefined || theirs["$ref"] !== undefined) return canonical(theirs) === canonical(ours) ? null : { path, rule: "references differ" };
  const types = typesOf(ours);
  const alien =
    types.length === 0
      ? undefined
      : (typesOf(theirs).length === 0 ? ["anything"] : typesOf(theirs)).find(
          (type) => !types.includes(type) && !(type === "integer" && types.includes("number")),
        );
  if (alien !== undefined) return { path, rule: `is ${alien}, the hub reads ${types.join(" or ")}` };
  const readable = valuesOf(ours);
  if (readable !== null) {
    const written = valuesOf(theirs);
    if (written === null) return { path, rule: `may be anything, the hub reads ${[...readable].join(", ")}` };
    const strange = [...written].find((value) => !readable.has(value));
    if (strange !== undefined) return { path, rule: `may be ${strange}, which the hub does not know` };
  }
  return misfitOfProperties(theirs, ours, path, depth) ?? misfitOfItems(theirs, ours, path, depth);
}

function misfitOfProperties(theirs: Schema, ours: Schema, path: string, depth: number): Misfit | null {
  const [written, read] = [asSchema(theirs["properties"]), asSchema(ours["properties"])];
  const promised = new Set(textsOf(theirs["required"]));
  for (const name of textsOf(ours["required"])) if (!promised.has(name)) return { path: `${path}.${name}`, rule: "may be absent, the hub needs it" };
  for (const [name, schema] of Object.entries(written)) {
    if (!Object.hasOwn(read, name)) continue;
    const misfit = misfitOf(asSchema(schema), asSchema(read[name]), `${path}.${name}`, depth + 1);
    if (misfit !== null) return misfit;
  }
  return null;
}

function misfitOfItems(theirs: Schema, ours: Schema, path: string, depth: number): Misfit | null {
  if (ours["items"] === undefined) return null;
  return misfitOf(asSchema(theirs["items"]), asSchema(ours["items"]), `${path}[]`, depth + 1);
}

/** Replicas that merge one attribute by two rules drift apart. */
function misfitOfRules(theirs: Schema, ours: Schema, a: Schema, b: Schema, subject: string): Misfit | null {
  const shared = namesOf(a).filter((name) => namesOf(b).includes(name));
  const apart = shared.find((name) => (theirs[name] ?? theirs["*"]) !== (ours[name] ?? ours["*"]));
  return apart === undefined
    ? null
    : { path: `${subject}.${apart}`, rule: `merges by ${String(theirs[apart] ?? theirs["*"])}, at the hub by ${String(ours[apart] ?? ours["*"])}` };
}

/** How many constants two alternatives share: the discriminator first of all. */
function akin(a: Schema, b: Schema): number {
  const [x, y] = [asSchema(a["properties"]), asSchema(b["properties"])];
  return Object.keys(x).filter((name) => {
    const constant = asSchema(x[name])["const"];
    return constant !== undefined && constant === asSchema(y[name])["const"];
  }).length;
}

function alternatives(schema: Schema): readonly Schema[] {
  const list = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(list) ? list.map(asSchema) : [schema];
}

function namesOf(schema: Schema): readonly string[] {
  return alternatives(schema).flatMap((one) => Object.keys(asSchema(one["properties"])));
}

function typesOf(schema: Schema): readonly string[] {
  return typeof schema["type"] === "string" ? [schema["type"]] : textsOf(schema["type"]);
}

function valuesOf(schema: Schema): ReadonlySet<string> | null {
  if (schema["const"] !== undefined) return new Set([canonical(schema["const"])]);
  return Array.isArray(schema["enum"]) ? new Set(schema["enum"].map(canonical)) : null;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function unfit(field: string, rule: string, mend: string): Refusal {
  return refuse("unfit-contract", rule, mend, field);
}
