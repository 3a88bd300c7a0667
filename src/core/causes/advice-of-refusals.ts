import { CodedError } from "../../errors.js";
import type { Ended } from "../advice.js";
import { HttpRefusal } from "./http-refusal.js";
import { systemCode } from "./system-code.js";
import { WebSocketClosed } from "./websocket-close.js";

const WANTS_CREDENTIALS =
  'give credentials: options "user" and "pass", "token", or "authenticator" (credsFileAuthenticator() for a creds file), or in the URL';

/** Credentials. */
export function* ofAuthentication({ code, error, facts }: Ended): Iterable<string> {
  const { anonymous, info, server } = facts;
  switch (code) {
    case "AUTHENTICATION_EXPIRED":
      yield "issue new credentials: those of the user, or of its account, have expired";
      yield 'give them by option "authenticator" (credsFileAuthenticator() reads its file at every attempt): then new ones are taken without a restart';
      return;
    case "AUTHENTICATION_REVOKED":
      yield "issue new credentials: these were revoked by whoever runs the account, and no attempt with them will be accepted";
      return;
    case "AUTHENTICATOR_FAILED":
      yield 'repair what the message says of option "authenticator": the function, the file that it reads, or the service that it asks';
      return;
    case "STALE_CONNECTION":
      yield 'make option "authenticator" quicker: the server has waited for CONNECT in vain, while it had not answered';
      yield 'keep what it fetches and renew it beside the attempts; or raise "timeout" in "authorization" of the server (default 2 s)';
      return;
    case "TIMEOUT":
      yield 'make option "authenticator" quicker: it has not answered within option "timeout" (default 5000 ms)';
      yield 'keep what it fetches and renew it beside the attempts; or raise option "timeout"';
      return;
    case "SERVER_ERROR":
      yield "look at the server's log: the account of these credentials could not be set up there (is it pushed to the resolver, has it limits?)";
      return;
  }
  if (error instanceof CodedError && error.detail.serverText === undefined) {
    yield 'give the headers that the gateway wants by option "websocket": { headers }, such as authorization: it has refused the websocket itself';
    return;
  }
  if (anonymous) {
    yield WANTS_CREDENTIALS;
    yield `if none should be needed, look at "authorization" and "no_auth_user" of the server at ${server}`;
    return;
  }
  if (info?.nonce !== undefined) {
    yield "look whether the credentials have expired, or are of another operator or account: such a server says no more than this; its log has the reason";
    yield "the clocks of this host and of the server must agree: an expiry is judged by the server's";
    yield 'give them by option "authenticator" from a file (credsFileAuthenticator()): it is read at every attempt';
    return;
  }
  yield 'compare user and password, or token, with "authorization" of the server; its log has the name that was refused';
  yield "a user that an auth callout decides about is refused like this as well, also when the service that answers it is away: see whether it runs";
  yield 'if they change while the program runs, give them by option "authenticator": a function is asked at every attempt';
}

const AUTHORITY =
  'give the certificate of the authority that has issued the server\'s by option "tls: { caFile: … }"';

/** What is seen when TLS is begun with somebody who does not have it: another language, or the end of the connection. */
const NO_TLS = /^(?:ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ECONNRESET)$/;

/** ms after which nats-server ends TLS that does not stand, with its default `timeout` of 2 s. */
const TLS_PATIENCE = 1900;

/** TLS. */
export function* ofTls({ code, error, facts }: Ended): Iterable<string> {
  const system = systemCode(error);
  const { server, info, phase, took } = facts;
  if (code === "TLS_REQUIRED") {
    yield 'leave option "tls" out, or give an object instead of null: the server wants TLS';
    return;
  }
  if (code === "TLS_UNAVAILABLE") {
    yield `set up "tls" of the server at ${server}; or, if plain text is what is wanted, leave option "tls" out and use nats:// in "servers"`;
    return;
  }
  if (code === "TIMEOUT") {
    yield `see whether what listens at ${server} speaks TLS, and has CPU for it; many clients at once take turns`;
    yield 'raise option "timeout" (default 5000 ms), and "timeout" in "tls" of the server (default 2 s)';
    return;
  }
  if (phase === "securing" && system === "ERR_SSL_WRONG_VERSION_NUMBER") {
    yield `something went on in plain text where the INFO of ${server} leads to TLS: see whether a proxy in between takes TLS off, or answers in the server's place`;
    yield 'look at the log of the server at this time: one that has no room ("max_connections", "connection_rate_limit" in "tls") says so in plain text there';
  } else if (system === "CERT_HAS_EXPIRED") {
    yield "renew the certificate of the server, or of the authority in between, and reload the server (nats-server --signal reload)";
    yield "look at the clock of this host: by it, the certificate has expired";
  } else if (system === "CERT_NOT_YET_VALID") {
    yield "look at the clock of this host: by it, the certificate of the server is not valid yet";
  } else if (system === "ERR_TLS_CERT_ALTNAME_INVALID" || system === "HOSTNAME_MISMATCH") {
    yield 'use a name in option "servers" that is in the certificate of the server, or issue one with this name (subjectAltName)';
    yield 'servers that gossip names by address are held to the name that the cluster was reached by: see "client_advertise" of the servers';
  } else if (/SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA/.test(system)) {
    yield AUTHORITY;
    yield 'if the server sends only its own certificate, add those in between to its "cert_file"';
  } else if (
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN/.test(system)
  ) {
    yield 'give a client certificate that the server accepts: options "tls: { certFile: …, keyFile: … }"; its "ca_file" must know who has issued it';
  } else if (facts.isWebSocket && phase === "dialing" && NO_TLS.test(system)) {
    yield `what listens at ${server} does not go on with TLS: see whether it is the port in "websocket" of the server, and has "tls" there; use ws:// in option "servers" for one without`;
  } else if (phase === "dialing" && system === "ECONNRESET") {
    yield `what listens at ${server} ended the connection when TLS began: leave option "tls.handshakeFirst" out unless the server has "handshake_first"`;
  } else if (system === "ERR_SSL_WRONG_VERSION_NUMBER" || system === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    yield 'the other side does not begin with TLS: leave option "tls.handshakeFirst" out unless the server has "handshake_first"';
    yield `see whether ${server} is the port for NATS clients`;
  } else if (/PROTOCOL|CIPHER|VERSION/.test(system)) {
    yield 'the two have no version or cipher of TLS in common: see "min_version" and "cipher_suites" in "tls" of the server, and option "tls.minVersion"';
  } else if (phase === "info" || phase === "dialing") {
    yield 'if the server has "handshake_first", set option "tls: { handshakeFirst: true }": it has waited for TLS, and we for its INFO';
    yield `or what listens at ${server} is a load balancer that has looked for a server so long in vain, or the port for websockets or MQTT: use that for clients (4222)`;
  } else if (system === "" && took >= TLS_PATIENCE) {
    yield 'raise "timeout" in "tls" of the server (default 2 s): it has ended TLS after such a time, as over a slow way, or without CPU';
    if (info?.tls_verify === true)
      yield 'or give a client certificate that the server accepts: options "tls: { certFile: …, keyFile: … }"';
  } else if (info?.tls_verify === true) {
    yield 'give a client certificate that the server accepts: options "tls: { certFile: …, keyFile: … }"; it asks for one ("verify: true")';
  } else {
    yield "look at the server's log: it has ended TLS without saying why";
  }
  yield "look at what the server shows: openssl s_client -connect <host:port>, with -starttls nats where its INFO comes first".replace(
    "<host:port>",
    server === "" ? "host:port" : server,
  );
}

/** No room. */
export function* ofOverload({ code, error, facts }: Ended): Iterable<string> {
  const at = facts.server === "" ? "the server" : facts.server;
  if (error instanceof CodedError && error.detail.cause instanceof HttpRefusal) {
    yield `see which limit the gateway at ${at} has, of requests or connections, and raise it: it has turned the websocket away before the server heard of it`;
    yield 'spread the starts of your processes, and share one connection per process; option "backoff" has the time between attempts';
    return;
  }
  if (code === "CONNECTION_THROTTLED") {
    yield 'nothing need be done if it passes: holdfast asks less often; else raise "connection_rate_limit" in "tls" of the server';
    yield 'spread the starts of your processes: option "backoff: { initial: 1000, max: 30000, jitter: "spread" }" is the default';
    return;
  }
  if (code === "MAX_SUBSCRIPTIONS_EXCEEDED") {
    yield 'subscribe to fewer subjects (wildcards), or raise "max_subscriptions" of the server';
    return;
  }
  yield 'close connections that nobody needs, or share one per process: /connz of the server lists them; or raise "max_connections" (default 64K), or "conn" in the account\'s limits';
  yield 'add servers to the cluster and name them in option "servers": one that has room is taken';
}

/** One side does not understand the other. */
export function* ofProtocol({ code, error, facts }: Ended): Iterable<string> {
  const { server, stranger, phase } = facts;
  const text = error instanceof CodedError ? (error.detail.serverText ?? "") : "";
  const at = server === "" ? "the address" : server;
  if (/^attempted to connect to/i.test(text)) {
    yield 'use the port for clients ("port" of the server, 4222 by default) in option "servers": this one is for servers among themselves';
    return;
  }
  if (stranger !== undefined) {
    yield `what answers at ${at} looks like ${stranger}: use host and port of a NATS server in option "servers"; clients use 4222, not the monitoring port 8222`;
    if (stranger.startsWith("TLS"))
      yield 'if it is a NATS server with "handshake_first", set option "tls: { handshakeFirst: true }"';
    return;
  }
  if (error instanceof CodedError && error.detail.cause instanceof HttpRefusal) {
    const { status } = error.detail.cause;
    yield `give port and path of the websocket in option "servers": ${at} answers as an HTTP server; the server has it in "websocket", and a gateway may want a path`;
    if (status === 400)
      yield 'use wss:// in place of ws:// in option "servers" where that port has TLS: without it, a server answers 400';
    if (status >= 300 && status < 400)
      yield "it leads somewhere else, as to a page for the login: a websocket does not follow; have the gateway take credentials from headers";
    return;
  }
  if (code === "INVALID_OPTION") {
    yield "update the server: it is too old for the option that the message names; or leave the option out";
    return;
  }
  if (code === "MAX_CONTROL_LINE_EXCEEDED" && phase === "handshake") {
    yield 'raise "max_control_line" of the server (default 4KB): CONNECT itself is longer, as with a large user JWT';
    yield "or issue credentials that are shorter: fewer permissions and tags in the JWT of the user (a signing key with a scope carries them instead), a shorter token";
    return;
  }
  if (code === "MAX_CONTROL_LINE_EXCEEDED") {
    yield 'use shorter subjects, or raise "max_control_line" of the server (default 4KB)';
    return;
  }
  yield `see what is at ${at}: an HTTP server, another port of NATS, or a proxy that changes bytes`;
  yield "compare the versions of server and client: nc.info.version; holdfast doctor tells which do not fit";
}

/** A message that is too large. */
export function* ofPayload({ error, facts }: Ended): Iterable<string> {
  const { largest, info } = facts;
  const cause = error instanceof CodedError ? error.detail.cause : undefined;
  if (cause instanceof WebSocketClosed && largest <= (info?.max_payload ?? 0)) {
    yield `raise the limit for messages of the gateway or proxy before the server: the server itself takes ${info?.max_payload} bytes, the largest on the way had ${largest}`;
  }
  const limit = info === undefined ? "" : ` (${info.max_payload} bytes here)`;
  const size = largest > 0 ? `, the largest on the way had ${largest} bytes` : "";
  yield `send smaller messages than "max_payload" of the server${limit}${size}: split them, or use the object store of JetStream`;
  yield 'or raise "max_payload" of all servers alike (at most 64MB; above 8MB is not advised), and reload them';
  yield 'nothing else is held up: holdfast drops the message that no server takes, and event "messageLost" tells its subject and size (reason "poison" or "max-payload")';
}
