import type { Address } from "../core/address.js";
import { checkTlsSchemes, type TlsPolicy } from "../core/tls-policy.js";
import { optionError } from "./option-error.js";
import { parseServers } from "./settings.js";

/**
 * The argument of `setServers()`, parsed.
 *
 * @param policy what their schemes must not contradict
 * @throws CodedError `INVALID_OPTION`
 */
export function givenServers(servers: unknown, policy: TlsPolicy): readonly Address[] {
  if (!Array.isArray(servers) || !servers.every((entry) => typeof entry === "string")) {
    throw optionError("servers", "must be an array of strings");
  }
  const addresses = parseServers(servers);
  checkTlsSchemes(addresses, policy);
  return addresses;
}
