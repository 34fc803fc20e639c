/** One TCP connection to a Modbus server: one question at a time, each with a time-out. The only file that names the library. */
import { once } from "node:events";
import { connect } from "node:net";
import ModbusRTU from "modbus-serial";
import type { Table } from "./map.ts";

/** A controller answers within its own scan, 10 to 100 ms; a serial line behind a gateway needs a second. */
export const ANSWER_MS = 2_000;

export type Place = { readonly host: string; readonly port: number; readonly timeoutMs: number };

/** The server said no: its exception code (V1.1b3, 7), 2 for an address that it does not have. */
export type Exception = { readonly exception: number };

export type Line = {
  /** Registers, or bits as 0 and 1. Rejects when the line is gone or the answer did not come in time: then the line is closed. */
  read(unitId: number, table: Table, address: number, count: number): Promise<readonly number[] | Exception>;
  close(): void;
};

/** Rejects when nobody is there within the time-out. */
export async function openLine({ host, port, timeoutMs }: Place): Promise<Line> {
  const socket = connect({ host, port, noDelay: true });
  const late = setTimeout(() => socket.destroy(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`)), timeoutMs);
  try {
    await once(socket, "connect");
  } finally {
    clearTimeout(late);
  }
  const client = new ModbusRTU();
  await client.linkTCP(socket, { port });
  client.setTimeout(timeoutMs);
  // What breaks is heard by the question that is out, or by the next one.
  client.on("error", () => socket.destroy());

  async function read(unitId: number, table: Table, address: number, count: number): Promise<readonly number[] | Exception> {
    if (socket.destroyed) throw new Error("the connection was closed");
    const broken = new AbortController();
    const gone = once(socket, "close", { signal: broken.signal }).then(() => Promise.reject(new Error("the connection was closed")));
    try {
      client.setID(unitId);
      return words((await Promise.race([ask(table, address, count), gone])).data).slice(0, count);
    } catch (error) {
      const code = exceptionOf(error);
      if (code !== null) return { exception: code };
      // What comes late must not be taken for the answer to another question.
      socket.destroy();
      throw error;
    } finally {
      gone.catch(() => {});
      broken.abort();
    }
  }

  function ask(table: Table, address: number, count: number): Promise<{ readonly data: readonly (number | boolean)[] }> {
    switch (table) {
      case "coil":
        return client.readCoils(address, count);
      case "discrete":
        return client.readDiscreteInputs(address, count);
      case "input":
        return client.readInputRegisters(address, count);
      case "holding":
        return client.readHoldingRegisters(address, count);
    }
  }

  return { read, close: () => void socket.destroy() };
}

export function isException(answer: readonly number[] | Exception): answer is Exception {
  return "exception" in answer;
}

function words(data: readonly (number | boolean)[]): readonly number[] {
  return data.map(Number);
}

function exceptionOf(error: unknown): number | null {
  const code = (error as { readonly modbusCode?: unknown } | null)?.modbusCode;
  return typeof code === "number" ? code : null;
}

/** The library's errors are no `Error`s. */
export function messageOf(error: unknown): string {
  const message = (error as { readonly message?: unknown } | null)?.message;
  return typeof message === "string" ? message : String(error);
}
