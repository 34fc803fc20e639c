/** What the line to a routing server needs of the shell, and gives it. */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import type { Travel } from "../../../contracts/travel.ts";
import type { Known, Table } from "./known.ts";
import type { LineState, Reply } from "./line.ts";
import type { Request } from "./server.ts";

/** Never throws. */
export type Send = (request: Request) => Promise<Reply>;

/** What holds named values: synchronous, and inside a transaction part of it. */
export type Values = {
  get(key: string): unknown;
  put(key: string, value: unknown): void;
  delete(key: string): unknown;
  list(options: { prefix: string }): Iterable<[string, unknown]>;
};

export type TravelStore = {
  /** What is kept for this server, read into `known`; null where nothing is. What was kept for another one is forgotten. */
  read(server: string, known: Known): LineState | null;
  keep(server: string, state: LineState, tables: readonly Table[], known: Known): void;
};

export type TravelLink = {
  readonly travel: Travel;
  /** What was committed may change which ways are needed: at once, or when people have moved on a little. */
  readonly ask: (why: "plan" | "moved") => void;
  /** When the line wants attention; null: not by itself. */
  readonly dueAt: () => Millis | null;
  /** Goes on where something is due. */
  readonly wake: () => void;
  readonly state: () => LineState;
};

export type TravelLinkParts = {
  /** Without travel of its own. */
  readonly view: UnitView;
  readonly connector: TravelConnector;
  readonly store: TravelStore;
  readonly send: Send;
  readonly transact: (body: () => void) => void;
  readonly until: (work: Promise<void>) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => Millis;
  /** The line has come to rest: `dueAt` is another one. `news`: ways that are known to be otherwise than before. */
  readonly rested: (news: number) => void;
};
