/** Options that name a routing server and what it is asked for. */
import { InvalidArgumentError } from "commander";
import { TravelConnector } from "../../contracts/scenario.ts";

/** `osrm=URL` or `valhalla=URL`. */
export function parseRouter(text: string): TravelConnector {
  const [, kind, url] = /^([a-z]+)=(.*)$/.exec(text) ?? [];
  if (kind !== "osrm" && kind !== "valhalla") throw new InvalidArgumentError("use osrm=URL or valhalla=URL, such as osrm=http://127.0.0.1:5000.");
  const connector = TravelConnector.safeParse({ kind, url });
  if (!connector.success)
    throw new InvalidArgumentError(`'${url}' is not an address: it begins with http:// or https://, such as ${kind}=http://127.0.0.1:5000.`);
  return connector.data;
}

export function parseProfile(text: string): string {
  const profile = TravelConnector.shape.profile.safeParse(text);
  if (!profile.success || profile.data === undefined) throw new InvalidArgumentError("use a profile's name, such as driving, auto or truck.");
  return profile.data;
}
