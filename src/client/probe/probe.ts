import { publicError } from "../../interop/errors.js";
import { systemClock } from "../../io/clock.js";
import type { ProbeOptions } from "./options.js";
import type { ProbeReport } from "./report.js";
import { toProbeSettings } from "./settings.js";
import { ProbeSteps } from "./steps.js";

/**
 * Looks at one server from here, step by step, each within its own time, and tells what it found: DNS, TCP at each address, TLS and
 * its certificates, INFO, credentials, round trips, the size of messages, JetStream. What comes after a step that failed is not
 * done, and what was found until then is told.
 *
 * It changes nothing at the server, and publishes nothing but one request to JetStream's API, which only asks, and with option `publish` one
 * message to an inbox of its own. TLS is as strict as in `connect()`: what a certificate is, is told also when it is not accepted,
 * and nothing is sent then. At the end no socket and no timer is left.
 *
 * @param url of one server, as in option `servers` of `connect()`; credentials in it go before those of the options, and are in no
 *   report
 * @returns always, however the server behaves; rejects only with `INVALID_ARGUMENT` (the URL) and `INVALID_OPTION`
 */
export async function probe(url: string, options: ProbeOptions = {}): Promise<ProbeReport> {
  try {
    return await new ProbeSteps(toProbeSettings(url, options), systemClock).run();
  } catch (error) {
    throw publicError(error);
  }
}
