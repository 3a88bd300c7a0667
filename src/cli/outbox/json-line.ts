import type { ExportedMessage } from "../../outbox/index.js";
import { safeJson } from "../safe.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A message as a line of JSON: the payload as text when it is UTF-8, else as base64 with `"encoding": "base64"`. */
export function jsonLine(message: ExportedMessage): string {
  const { subject, reply, headers, at, expiresAt, messageId, parked, payload } = message;
  const text = asText(payload);
  const line = {
    subject,
    ...(reply === "" ? {} : { reply }),
    ...(headers.length === 0 ? {} : { headers: gathered(headers) }),
    at: isoTime(at),
    ...(Number.isFinite(expiresAt) ? { expiresAt: isoTime(expiresAt) } : {}),
    id: messageId,
    ...(parked === undefined ? {} : { parked }),
    ...(text === undefined
      ? { encoding: "base64", payload: Buffer.from(payload).toString("base64") }
      : { payload: text }),
  };
  return `${safeJson(line)}\n`;
}

function asText(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

/** Headers may come more than once: each name has all its values. A name such as `__proto__` is one like any other. */
function gathered(headers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const all: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) {
    all[name] ??= [];
    all[name].push(value);
  }
  return all;
}

/** A clock that went mad is no reason to lose the message. */
function isoTime(at: number): string | number {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : date.toISOString();
}
