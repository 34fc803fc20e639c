/**
 * Looks through an OPC UA server's objects within bounds: which variables hold a number, in which engineering unit and range.
 *
 *   Objects ─▶ hierarchical references, breadth first ─▶ variables ─▶ value, EngineeringUnits, EURange ─▶ proposal
 */
import {
  AttributeIds,
  BrowseDirection,
  browseAll,
  type ClientSession,
  coerceNodeId,
  type NodeId,
  NodeClass,
  ReferenceTypeIds,
  type ReferenceDescription,
  type Variant,
  DataType,
} from "node-opcua-client";
import { z } from "zod";
import { BACKOFF } from "../../sdk/backoff.ts";
import { type Candidate, channelOf, propose, type Proposal } from "../proposal.ts";
import { numberOf, openLine } from "./line.ts";
import { endpointFields } from "./map.ts";
import { uomOf } from "./uom.ts";

/** Nodes that one browse looks at, and how deep: a machine has hundreds, a plant's server tens of thousands. */
export const NODES_MAX = 5_000;
const DEPTH_MAX = 12;
/** Nodes in one question: servers refuse long ones. */
const BATCH = 100;
/** Nobody there by then: browsing is done by a person who waits. */
const CONNECT_MS = 10_000;
const EVERY_MS = 1_000;
const OBJECTS = "ns=0;i=85";
/** Where no range is told. */
const [LOWEST, HIGHEST] = [-1e9, 1e9];

/** What else a configuration says, it may say here too: one file for looking and for running. */
export const OpcuaBrowse = z.object({ ...endpointFields, from: z.string().min(1).optional() });
export type OpcuaBrowse = z.infer<typeof OpcuaBrowse>;

type Found = { readonly node: NodeId; readonly path: readonly string[] };
type Range = { readonly low: number; readonly high: number };

/** Rejects when the server is not there or refuses us. Null: no variable holds a number. */
export async function browseOpcua({ from = OBJECTS, ...place }: OpcuaBrowse, pki: string, withinMs = CONNECT_MS): Promise<Proposal | null> {
  const line = await openLine(place, { pki, backoff: BACKOFF, tell: () => {}, stopped: AbortSignal.timeout(withinMs) });
  try {
    const { found, cut } = await variablesUnder(line.session, coerceNodeId(from));
    const candidates: Candidate[] = [];
    for (let at = 0; at < found.length; at += BATCH) candidates.push(...(await candidatesOf(line.session, found.slice(at, at + BATCH))));
    const notes = ["uom 1 stands where the server tells no engineering unit, or one that is not known here"];
    if (cut) notes.push(`stopped after ${NODES_MAX} nodes: name a node further down by from`);
    return propose("opcua", `OPC UA ${place.endpoint}`, EVERY_MS, candidates, notes);
  } finally {
    await line.close();
  }
}

/** The server's own diagnostics, which each server has in namespace 0, are passed over. */
async function variablesUnder(session: ClientSession, from: NodeId): Promise<{ readonly found: readonly Found[]; readonly cut: boolean }> {
  const seen = new Set<string>([from.toString()]);
  const found: Found[] = [];
  let level: readonly Found[] = [{ node: from, path: [] }];
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const next: Found[] = [];
    for (let at = 0; at < level.length; at += BATCH) {
      const batch = level.slice(at, at + BATCH);
      const answers = await browseAll(
        session,
        batch.map(({ node }) => ({
          nodeId: node,
          browseDirection: BrowseDirection.Forward,
          referenceTypeId: ReferenceTypeIds.HierarchicalReferences,
          includeSubtypes: true,
          nodeClassMask: NodeClass.Object | NodeClass.Variable,
          resultMask: 63,
        })),
      );
      for (const [i, { references }] of answers.entries()) {
        for (const reference of references ?? []) {
          const key = reference.nodeId.toString();
          if (reference.nodeId.namespace === 0 || seen.has(key) || isProperty(reference)) continue;
          if (seen.size >= NODES_MAX) return { found, cut: true };
          seen.add(key);
          const one = { node: reference.nodeId, path: [...(batch[i]?.path ?? []), reference.browseName.name ?? key] };
          next.push(one);
          if (reference.nodeClass.valueOf() === NodeClass.Variable.valueOf()) found.push(one);
        }
      }
    }
    level = next;
  }
  return { found, cut: false };
}

async function candidatesOf(session: ClientSession, found: readonly Found[]): Promise<readonly Candidate[]> {
  const values = await session.read(found.map(({ node }) => ({ nodeId: node, attributeId: AttributeIds.Value })));
  const numbers = found.flatMap((one, i) => {
    const value = numberOf(values[i]?.value);
    return Number.isNaN(value) && values[i]?.statusCode.isGood() !== false
      ? []
      : [{ ...one, value: values[i]?.value, status: values[i]?.statusCode.name ?? "" }];
  });
  const properties = await browseAll(
    session,
    numbers.map(({ node }) => ({
      nodeId: node,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: ReferenceTypeIds.HasProperty,
      includeSubtypes: true,
      nodeClassMask: NodeClass.Variable,
      resultMask: 63,
    })),
  );
  const wanted = numbers.map((_, i) => properties[i]?.references ?? []).map((all) => [named(all, "EngineeringUnits"), named(all, "EURange")] as const);
  const asked = wanted.flat().flatMap((node) => (node === null ? [] : [node]));
  const answers = asked.length === 0 ? [] : await session.read(asked.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
  const answerOf = new Map(asked.map((node, i) => [node.toString(), answers[i]?.value]));
  return numbers.map(({ node, path, value, status }, i) => {
    const [unit, range] = wanted[i] ?? [null, null];
    const told = unitOf(unit === null ? undefined : answerOf.get(unit.toString()));
    const { low, high } =
      rangeOf(range === null ? undefined : answerOf.get(range.toString())) ??
      (value?.dataType === DataType.Boolean ? { low: 0, high: 1 } : { low: LOWEST, high: HIGHEST });
    return {
      channel: channelOf(path),
      title: path.join(" / ").slice(-200),
      uom: told?.uom ?? "1",
      min: low,
      max: high,
      binding: { node: node.toString() },
      why: [
        value === null || value === undefined ? status : `${DataType[value.dataType]}: ${numberOf(value)}`,
        ...(told === null ? [] : [`in ${told.name}`]),
      ].join(" "),
    };
  });
}

function isProperty({ referenceTypeId }: ReferenceDescription): boolean {
  return referenceTypeId.namespace === 0 && referenceTypeId.value === ReferenceTypeIds.HasProperty;
}

function named(references: readonly ReferenceDescription[], name: string): NodeId | null {
  return references.find(({ browseName }) => browseName.name === name)?.nodeId ?? null;
}

const Unit = z.object({ unitId: z.number().int(), displayName: z.object({ text: z.string().nullish() }).nullish() });
const Bounds = z.object({ low: z.number(), high: z.number() });

function unitOf(variant: Variant | undefined): { readonly uom: string | null; readonly name: string } | null {
  const unit = Unit.safeParse(variant?.value);
  return unit.success ? { uom: uomOf(unit.data.unitId), name: unit.data.displayName?.text ?? String(unit.data.unitId) } : null;
}

function rangeOf(variant: Variant | undefined): Range | null {
  const range = Bounds.safeParse(variant?.value);
  return range.success && range.data.low < range.data.high ? range.data : null;
}
