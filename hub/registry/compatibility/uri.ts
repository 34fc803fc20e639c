/** URIs as far as references in one document need them: joined to a base, split at the fragment. Nothing is ever fetched. */

/** `reference` as seen from `base`, both possibly relative (RFC 3986, 5.2, without query strings). */
export function resolveUri(reference: string, base: string): string {
  if (reference === "") return base;
  if (reference.startsWith("#")) return `${splitUri(base).uri}${reference}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference;
  const { uri } = splitUri(base);
  const [authority = ""] = /^[a-z][a-z0-9+.-]*:(?:\/\/[^/]*)?/i.exec(uri) ?? [];
  if (reference.startsWith("/")) return `${authority}${reference}`;
  const folder = uri.slice(authority.length, uri.lastIndexOf("/") + 1);
  const steps: string[] = [];
  const { uri: path, fragment } = splitUri(reference);
  for (const step of `${folder}${path}`.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== ".") steps.push(step);
  }
  return `${authority}${steps.join("/")}${fragment === "" ? "" : `#${fragment}`}`;
}

export function splitUri(uri: string): { readonly uri: string; readonly fragment: string } {
  const at = uri.indexOf("#");
  return at < 0 ? { uri, fragment: "" } : { uri: uri.slice(0, at), fragment: uri.slice(at + 1) };
}

/** One step of a JSON pointer in a fragment, as the key it names. */
export function decodeStep(step: string): string {
  let plain = step;
  try {
    plain = decodeURIComponent(step);
  } catch {
    // A percent sign that encodes nothing stands for itself.
  }
  return plain.replaceAll("~1", "/").replaceAll("~0", "~");
}

export function encodeStep(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
