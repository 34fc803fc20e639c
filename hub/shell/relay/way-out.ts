/**
 * The network by which a call leaves. A public name may resolve to a private address, which only whoever connects can see: the local server
 * hands in a network that looks at the address after the look-up and reaches public ones only. Deployed there is none, and the platform's
 * edge reaches no private network anyway.
 */
export type Send = (url: string | URL, init: RequestInit) => Promise<Response>;

export function wayOut({ PUBLIC_NETWORK: publicNetwork }: Pick<Env, "PUBLIC_NETWORK">, mayReachLocal: boolean): Send {
  return publicNetwork === undefined || mayReachLocal ? (url, init) => fetch(url, init) : (url, init) => publicNetwork.fetch(url, init);
}
