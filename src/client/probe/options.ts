import type { ConnectionOptions } from "../options.js";
import type { ProbeStep } from "./report.js";

/** Who the probe is, and what it looks at. The options that `connect()` has as well mean the same. */
export interface ProbeOptions
  extends Pick<
    ConnectionOptions,
    "user" | "pass" | "token" | "authenticator" | "tls" | "websocket" | "name" | "inboxPrefix"
  > {
  /**
   * Host name that the certificate must have where the URL has an IP address, as servers name those of their cluster: the one under
   * which the cluster is known. It does not ask for TLS. Default: the address itself.
   */
  tlsName?: string;
  /**
   * ms that a step may take, 1 to 60,000. Who accepts the connection and says nothing is asked for half a second more what it is.
   * Default 2000.
   */
  timeout?: number;
  /** ms that the whole may take, 1 to 600,000: what has not begun by then is not done. Default 10,000. */
  deadline?: number;
  /** PINGs to measure round trips with, 0 to 100. Default 10. */
  pings?: number;
  /** Size of a message, payload and headers, in bytes: is it within the server's `max_payload`? Default: not asked. */
  payload?: number;
  /** Really publish a message of `payload` bytes, to an inbox of the probe, and wait until it is back. Default false. */
  publish?: boolean;
  /**
   * `true`, or an object: JetStream must be there for this account (in this domain), else the report is not `ok`; `false`: it is not
   * asked. Default: it is asked, and may say that there is none.
   */
  jetstream?: boolean | { domain?: string };
  /** Ends the probe: the report has what was found until then. */
  signal?: AbortSignal;
  /** Is called after each step. What it throws is ignored. */
  onStep?: (step: ProbeStep) => void;
}
