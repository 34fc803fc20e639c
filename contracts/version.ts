/** Versions of what travels. A test pins the hash of the schemas beside each number, so that neither can drift alone. */

/** Of the live socket: `up.ts` and `down.ts`. A page that speaks another version is told to reload. */
export const PROTOCOL_VERSION = 6;

/** Of the delta protocol: what `delta/sync.ts` names, `FeedPage`, `Registration` and, inside them, `Operation`. */
export const DELTA_VERSION = 2;
