/** The primitives of a row: LEB128 numbers, zigzag distances, lengths in front of bytes and texts. Reading past the end throws. */

export type ByteWriter = {
  readonly byte: (value: number) => void;
  /** A whole number from 0 up to 2^53. */
  readonly number: (value: number) => void;
  readonly signed: (value: number) => void;
  readonly float: (value: number) => void;
  readonly bytes: (value: Uint8Array) => void;
  readonly text: (value: string) => void;
  /** Without a length. */
  readonly raw: (value: Uint8Array) => void;
  readonly length: () => number;
  readonly done: () => Uint8Array<ArrayBuffer>;
};

export type ByteReader = {
  readonly byte: () => number;
  readonly number: () => number;
  readonly signed: () => number;
  readonly float: () => number;
  /** A view, not a copy. */
  readonly bytes: () => Uint8Array;
  readonly text: () => string;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function openByteWriter(expected: number): ByteWriter {
  let bytes = new Uint8Array(Math.max(64, expected));
  let at = 0;
  const room = (more: number): void => {
    if (at + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(at + more, bytes.length * 2));
    larger.set(bytes);
    bytes = larger;
  };
  function byte(value: number): void {
    room(1);
    bytes[at++] = value;
  }
  function number(value: number): void {
    room(8);
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  }
  function raw(value: Uint8Array): void {
    room(value.length);
    bytes.set(value, at);
    at += value.length;
  }
  function put(value: Uint8Array): void {
    number(value.length);
    raw(value);
  }
  return {
    byte,
    number,
    raw,
    bytes: put,
    signed: (value) => number(value >= 0 ? value * 2 : -value * 2 - 1),
    float(value) {
      room(8);
      new DataView(bytes.buffer).setFloat64(at, value);
      at += 8;
    },
    text: (value) => put(encoder.encode(value)),
    length: () => at,
    done: () => bytes.slice(0, at),
  };
}

export function openByteReader(blob: ArrayBuffer): ByteReader {
  const bytes = new Uint8Array(blob);
  let at = 0;
  function byte(): number {
    const value = bytes[at++];
    if (value === undefined) throw new Error("a row of the log ends early");
    return value;
  }
  function number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  }
  function take(): Uint8Array {
    const length = number();
    at += length;
    if (at > bytes.length) throw new Error("a row of the log ends early");
    return bytes.subarray(at - length, at);
  }
  return {
    byte,
    number,
    signed() {
      const zigzag = number();
      return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    },
    float() {
      at += 8;
      if (at > bytes.length) throw new Error("a row of the log ends early");
      return new DataView(blob).getFloat64(at - 8);
    },
    bytes: take,
    text: () => decoder.decode(take()),
  };
}
