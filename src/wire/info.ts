import { CodedError } from "../errors.js";

/** What a server says of itself in INFO, copied field by field with type checks. */
export interface ServerInfo {
  server_id: string;
  server_name: string;
  version: string;
  go: string;
  host: string;
  port: number;
  proto: number;
  max_payload: number;
  client_id: number;
  headers?: boolean;
  auth_required?: boolean;
  client_ip?: string;
  cluster?: string;
  connect_urls?: string[];
  git_commit?: string;
  jetstream?: boolean;
  ldm?: boolean;
  nonce?: string;
  tls_available?: boolean;
  tls_required?: boolean;
  tls_verify?: boolean;
  api_lvl?: number;
  domain?: string;
}

/** Most gossiped URLs that are taken from one INFO. */
export const MAX_CONNECT_URLS = 256;

const TEXT = ["client_ip", "cluster", "git_commit", "nonce", "domain"] as const;
const FLAGS = [
  "headers",
  "auth_required",
  "jetstream",
  "ldm",
  "tls_available",
  "tls_required",
  "tls_verify",
] as const;

/**
 * Reads the JSON of an INFO line. Unknown fields and fields of a wrong type are left out.
 *
 * @throws CodedError `PROTOCOL_ERROR` when it is not a JSON object
 */
export function parseInfo(json: string): ServerInfo {
  const raw = parseObject(json);
  const text = (key: string) => (typeof raw[key] === "string" ? raw[key] : "");
  const count = (key: string, otherwise: number) =>
    Number.isSafeInteger(raw[key]) && (raw[key] as number) >= 0 ? (raw[key] as number) : otherwise;
  const info: ServerInfo = {
    server_id: text("server_id"),
    server_name: text("server_name"),
    version: text("version"),
    go: text("go"),
    host: text("host"),
    port: count("port", 0),
    proto: count("proto", 0),
    max_payload: count("max_payload", 1024 * 1024),
    client_id: count("client_id", 0),
  };
  for (const key of TEXT) if (typeof raw[key] === "string") info[key] = raw[key];
  for (const key of FLAGS) if (typeof raw[key] === "boolean") info[key] = raw[key];
  if (Number.isSafeInteger(raw.api_lvl)) info.api_lvl = raw.api_lvl as number;
  if (Array.isArray(raw.connect_urls)) {
    info.connect_urls = raw.connect_urls
      .slice(0, MAX_CONNECT_URLS)
      .filter((url): url is string => typeof url === "string" && url.length > 0 && url.length <= 512);
  }
  return info;
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CodedError("PROTOCOL_ERROR", "the server sent an INFO that is not a JSON object");
  }
  return value as Record<string, unknown>;
}
