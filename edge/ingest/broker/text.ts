/** Texts of MQTT: UTF-8, strictly [MQTT-1.5.4-1], without U+0000 [MQTT-1.5.4-2]. */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `bytes[from..to)` as text; null when it is none. Short ASCII, which topics are, costs no decoder. */
export function readText(bytes: Uint8Array, from: number, to: number): string | null {
  if (to - from <= 64) {
    let text = "";
    let i = from;
    for (; i < to; i++) {
      const byte = bytes[i]!;
      if (byte === 0) return null;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (i === to) return text;
  }
  try {
    const text = strict.decode(bytes.subarray(from, to));
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
