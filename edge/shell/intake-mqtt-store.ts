/** What MQTT keeps besides the log: sessions that outlive their connection, and retained messages. Synchronous; writes belong into a transaction. */
import type { Retained, RetainedWrite, SessionWrite } from "../ingest/broker/order.ts";

export type SessionRow = { readonly key: string; readonly bytes: Uint8Array };

export function mqttStore(sql: SqlStorage) {
  return {
    readSessions: (): readonly SessionRow[] =>
      sql
        .exec<{ key: string; bytes: ArrayBuffer }>("SELECT key, bytes FROM session ORDER BY key")
        .toArray()
        .map(({ key, bytes }) => ({ key, bytes: new Uint8Array(bytes) })),
    writeSession({ key, bytes }: SessionWrite): void {
      if (bytes === null) sql.exec("DELETE FROM session WHERE key = ?", key);
      else sql.exec("INSERT INTO session (key, bytes) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes", key, exact(bytes));
    },

    readRetained: (): readonly Retained[] =>
      sql
        .exec<{ topic: string; qos: number; device: string; payload: ArrayBuffer; properties: ArrayBuffer; expires_at: number | null }>(
          "SELECT topic, qos, device, payload, properties, expires_at FROM retained",
        )
        .toArray()
        .map(({ topic, qos, device, payload, properties, expires_at }) => ({
          topic,
          qos: qos === 0 || qos === 1 ? qos : 2,
          device,
          payload: new Uint8Array(payload),
          properties: new Uint8Array(properties),
          expiresAt: expires_at,
        })),
    writeRetained({ topic, message }: RetainedWrite): void {
      if (message === null) sql.exec("DELETE FROM retained WHERE topic = ?", topic);
      else
        sql.exec(
          "INSERT OR REPLACE INTO retained (topic, qos, device, payload, properties, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
          topic,
          message.qos,
          message.device,
          exact(message.payload),
          exact(message.properties),
          message.expiresAt,
        );
    },
  };
}

/** A view's own bytes: binding its buffer would store the whole frame that it was cut from. */
export function exact(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}
