import { invalidOption } from "../../checks/invalid.js";
import { type Check, readOptions } from "../../checks/read-options.js";
import { cut } from "../safe-text.js";

/** Another process, whose dashboard is shown by this one. */
export interface PeerOptions {
  /** Where its server is, such as `http://10.0.0.7:9000`, or what stands before `/dashboard` there. Without user, query and fragment. */
  url: string;
  /** The token of that server. It goes to that server alone. Default: none. */
  token?: string;
  /** How it is called until it has said its own name. Default: host and port of its URL. */
  name?: string;
}

/** What the dashboard shows. */
export interface DashboardOptions {
  /** How this process is called. Default: the name of its first connection, or `pid 123`. */
  name?: string;
  /**
   * Whether subjects are shown: those of permission violations and of slow subscriptions, and texts that may name some. They may tell of
   * customers and orders. Default false.
   */
  subjects?: boolean;
  /** Other processes that can be looked at on the same page; this process asks them, the browser does not. Default: none. */
  peers?: readonly (string | PeerOptions)[];
}

/** A peer, checked. */
export interface PeerSettings {
  /** What stands before `/dashboard`, without a slash at its end. */
  readonly base: string;
  readonly token: string | undefined;
  readonly name: string | undefined;
  /** Its host and port. */
  readonly host: string;
}

/** Options with their defaults. */
export interface DashboardSettings {
  readonly name: string | undefined;
  readonly subjects: boolean;
  readonly peers: readonly PeerSettings[];
}

/** Peers, at most. */
const MOST_PEERS = 64;

const aName: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";

const CHECKS: Record<keyof DashboardOptions, Check> = {
  name: aName,
  subjects: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  peers: (value) =>
    Array.isArray(value) && value.length <= MOST_PEERS
      ? undefined
      : `must be an array of at most ${MOST_PEERS}`,
};

const PEER_CHECKS: Record<keyof PeerOptions, Check> = {
  url: (value) => (typeof value === "string" ? undefined : 'must be a URL such as "http://10.0.0.7:9000"'),
  token: (value) =>
    typeof value === "string" && /^[A-Za-z0-9._~+/=-]+$/.test(value)
      ? undefined
      : "must be a string of letters, digits and -._~+/=, which is not empty",
  name: aName,
};

/**
 * Checks the options of the dashboard and fills in the defaults.
 *
 * @param inside the option that these are, such as `dashboard`; default: none
 * @throws an error with code `INVALID_OPTION` and the option's name; no URL and no token is in its text
 */
export function toDashboardSettings(given: unknown, inside = ""): DashboardSettings {
  const prefix = inside === "" ? "" : `${inside}.`;
  const { name, subjects = false, peers = [] } = readOptions<DashboardOptions>(given, CHECKS, inside);
  const checked = peers.map((peer, index) => toPeer(peer, `${prefix}peers[${index}]`));
  for (const [index, { base }] of checked.entries()) {
    const first = checked.findIndex((other) => other.base === base);
    if (first !== index)
      throw invalidOption(`${prefix}peers[${index}]`, `is the same process as peers[${first}]`);
  }
  return { name: name === undefined ? undefined : cut(name), subjects, peers: checked };
}

function toPeer(given: unknown, option: string): PeerSettings {
  if (typeof given === "string") return { ...toBase(given, option), token: undefined, name: undefined };
  const { url, token, name } = readOptions<PeerOptions>(given ?? null, PEER_CHECKS, option);
  if (url === undefined) throw invalidOption(`${option}.url`, "is missing");
  const base = toBase(url, `${option}.url`);
  return { ...base, token, name: name === undefined ? undefined : cut(name) };
}

/** What is wrong is said without the URL: there may be a secret in it. */
function toBase(text: string, option: string): { base: string; host: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalidOption(option, 'is no URL: it must be one such as "http://10.0.0.7:9000"');
  }
  const { protocol, username, password, search, hash, host, origin, pathname } = url;
  if (protocol !== "http:" && protocol !== "https:")
    throw invalidOption(option, 'must begin with "http://" or "https://"');
  if (username !== "" || password !== "")
    throw invalidOption(
      option,
      'must be without user and password: give the token as option "token" of the peer',
    );
  if (search !== "" || hash !== "") throw invalidOption(option, "must be without query and fragment");
  // Whoever copies the address of the page means the same.
  return { base: origin + pathname.replace(/\/+$/, "").replace(/\/dashboard$/, ""), host };
}
