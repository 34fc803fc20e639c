/** What the benchmark calls of the peer's packages, which bring no types. */
declare module "pouchdb-core" {
  type Doc = Readonly<Record<string, unknown>> & { readonly _id: string };
  type Replication = { once(event: "paused", done: () => void): void; cancel(): void };
  export type Pouch = {
    get(id: string): Promise<Doc>;
    put(doc: Doc): Promise<unknown>;
    bulkDocs(docs: readonly Doc[]): Promise<unknown>;
    allDocs(options: { readonly include_docs: true }): Promise<{ readonly rows: readonly { readonly doc: Doc }[] }>;
    close(): Promise<void>;
    readonly replicate: { to(target: Pouch, options: { readonly live: boolean; readonly retry: boolean }): Replication };
  };
  type PouchClass = { new (name: string): Pouch; plugin(plugin: unknown): PouchClass; defaults(options: object): PouchClass };
  const PouchDB: PouchClass;
  export default PouchDB;
}
declare module "pouchdb-adapter-memory" {
  const plugin: unknown;
  export default plugin;
}
declare module "pouchdb-adapter-http" {
  const plugin: unknown;
  export default plugin;
}
declare module "pouchdb-replication" {
  const plugin: unknown;
  export default plugin;
}
declare module "pouchdb-mapreduce" {
  const plugin: unknown;
  export default plugin;
}
declare module "express-pouchdb" {
  const routes: (pouch: unknown, options: object) => unknown;
  export default routes;
}
declare module "express" {
  import type { Server } from "node:http";
  const express: () => { use(path: string, routes: unknown): void; listen(port: number, host: string): Server };
  export default express;
}
