import type { Address } from "../core/address.js";
import { optionError } from "./option-error.js";
import { parseServers } from "./settings.js";

/** The argument of `setServers()`, parsed. @throws CodedError `INVALID_OPTION` */
export function givenServers(servers: unknown): Address[] {
  if (!Array.isArray(servers) || !servers.every((entry) => typeof entry === "string")) {
    throw optionError("servers", "must be an array of strings");
  }
  return parseServers(servers);
}
