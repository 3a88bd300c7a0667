import type { Cause } from "../../core/cause.js";
import type { HoldfastError } from "../../interop/errors.js";
import type { ServerInfo } from "../../interop/nats-core.js";

/** What a probe does, in this order; TLS comes behind INFO, unless it has to come first (`tls.handshakeFirst`, `wss://`). */
export type ProbeStepName = "dns" | "tcp" | "tls" | "info" | "auth" | "rtt" | "payload" | "jetstream";

/** One step, and how it ended. */
export interface ProbeStep {
  /** What was done in it. */
  name: ProbeStepName;
  /** It has found what it should; after one that has not, the probe ends as a rule. */
  ok: boolean;
  /** ms that it took. */
  ms: number;
  /** What was found, or why not, in one line; harmless on a terminal, without credentials. */
  detail: string;
  /** Why it failed. */
  error?: HoldfastError;
}

/** What a name stands for. */
export interface ProbeDns {
  /** What was asked for: the host of the URL. */
  hostname: string;
  /** The host is an address: there was nothing to ask. */
  literal: boolean;
  /** All answers of the system's resolver, in its order: each `address` as text, and its `family` of IP. */
  addresses: { address: string; family: 4 | 6 }[];
}

/** Why no connection came about. */
export type ProbeTcpFailure = "refused" | "timeout" | "unreachable" | "other";

/** One address of the server. */
export interface ProbeAddress {
  /** The IP address, as text. */
  address: string;
  /** Version of IP that it is of. */
  family: 4 | 6;
  /** A connection came about. */
  ok: boolean;
  /** ms until it did, or until it was clear that it would not. */
  ms: number;
  /** Why it did not. */
  why?: ProbeTcpFailure;
  /** What the system calls it, such as `ECONNREFUSED`. */
  code?: string;
}

/** Who can be connected to. */
export interface ProbeTcp {
  /** Each address that the name has, in the order of {@link ProbeDns.addresses}. */
  addresses: ProbeAddress[];
  /** The one that all that follows was done with: the fastest. */
  used?: string;
}

/** Why a certificate, or the other side's TLS, is not accepted. */
export type ProbeTlsFailure =
  | "expired"
  | "not-yet-valid"
  | "wrong-name"
  | "unknown-authority"
  | "self-signed"
  | "revoked"
  /** The server wants a certificate of this client, and got none, or not a good one. */
  | "client-certificate"
  /** The other side does not speak TLS. */
  | "no-tls"
  | "timeout"
  | "other";

/** A certificate that the server has shown. */
export interface ProbeCertificate {
  /** As `CN=nats.example.com, O=Example`. */
  subject: string;
  /** Who has issued it, as `CN=Example CA, O=Example`. */
  issuer: string;
  /** Names and addresses that it is for; empty where it has none. */
  names: string[];
  /** From when on it is valid, ms since the epoch. */
  validFrom: number;
  /** Until when it is valid, ms since the epoch. */
  validTo: number;
  /** Whole days until it expires; negative when it has. */
  days: number;
  /** It was issued by itself. */
  selfSigned: boolean;
  /** SHA-256, hex with colons. */
  fingerprint: string;
}

/** TLS with the server. */
export interface ProbeTls {
  /** It came before INFO: `tls.handshakeFirst`, or `wss://`. */
  first: boolean;
  /** It stands, and the certificate was accepted. With `tls.rejectUnauthorized: false` also one that does not verify. */
  ok: boolean;
  /** The certificate verifies: its chain, its dates, its name. Undefined when none was seen. */
  authorized?: boolean;
  /** Why it does not, or why TLS does not stand. */
  why?: ProbeTlsFailure;
  /** What Node calls it, such as `CERT_HAS_EXPIRED`. */
  code?: string;
  /** The name that the certificate must have. */
  name: string;
  /** As `TLSv1.3`. */
  protocol?: string;
  /** What OpenSSL calls the cipher, such as `TLS_AES_256_GCM_SHA384`. */
  cipher?: string;
  /** The server's certificate first; then who issued it, as far as the server has shown them or they are known here; at most 10. */
  chain: ProbeCertificate[];
  /** Whole days until the first certificate of the chain expires. */
  daysToExpiry?: number;
  /** The server wants a certificate of this client. Undefined where that is not known. */
  clientCertificate?: boolean;
}

/** Whether the server takes us. */
export interface ProbeAuth {
  /** The server's INFO says that it wants credentials. */
  required: boolean;
  /** What CONNECT has named: fields, never their values. Empty: nobody. */
  given: ("user" | "pass" | "token" | "nkey" | "jwt")[];
  /** The server has answered CONNECT with a PONG. */
  accepted: boolean;
  /** The text of the server's `-ERR`. */
  refusal?: string;
}

/** Round trips of PINGs, ms with fractions; undefined where none came back. */
export interface ProbeRtt {
  /** PINGs that were sent. */
  sent: number;
  /** PINGs whose PONG came in time. */
  received: number;
  /** Without an answer in time. */
  lost: number;
  /** The quickest, ms. */
  best?: number;
  /** The one in the middle, ms. */
  median?: number;
  /** What 99 of 100 did not take longer than, ms; of few PINGs the slowest. */
  p99?: number;
  /** The slowest, ms. */
  worst?: number;
  /** Mean difference of a round trip from the one before. */
  jitter?: number;
}

/** A message of a given size. */
export interface ProbePayload {
  /** Bytes. */
  size: number;
  /** The server's `max_payload`, bytes. */
  maxPayload: number;
  /** It is not larger than `maxPayload`. */
  fits: boolean;
  /** It was really published to an inbox of the probe, and has come back (option `publish`). */
  published: boolean;
  /** ms from publishing it to having it back. */
  ms?: number;
}

/** Why JetStream is of no use. */
export type ProbeJetStreamFailure =
  /** Nobody answers: no server here, or none with the domain, has JetStream. */
  | "no-responders"
  /** It is not enabled for the server or for the account. */
  | "not-enabled"
  /** The account may not ask, or not get the answer. */
  | "no-permission"
  | "timeout"
  /** It answered with another error, or with something that is none of its answers. */
  | "error";

/** JetStream, as `$JS.API.INFO` tells it. -1 as a limit means: none. */
export interface ProbeJetStream {
  /** It has answered with what the account uses. */
  ok: boolean;
  /** The subject that was asked. */
  subject: string;
  /** Why it is of no use; missing when it is `ok`. */
  why?: ProbeJetStreamFailure;
  /** JetStream's own error: `code` as in HTTP, `errCode` its own number, `description` its text. */
  error?: { code?: number; errCode?: number; description: string };
  /** The JetStream domain that has answered, where it has one. */
  domain?: string;
  /** What the account uses: `memory` and `storage` in bytes, `streams` and `consumers` by number. */
  used?: { memory: number; storage: number; streams: number; consumers: number };
  /** What the account may use: `memory` and `storage` in bytes, `streams` and `consumers` by number; -1: no limit. */
  limits?: { memory: number; storage: number; streams: number; consumers: number };
  /** Level of the API, where the server tells. */
  level?: number;
  /** Requests to the API that the server has seen from the account: `total`, and `errors` of them that failed. */
  api?: { total: number; errors: number };
}

/** What {@link probe} has found. What could not be looked at is missing. Plain data but for the errors. */
export interface ProbeReport {
  /** `host:port` (and a websocket's path); without credentials. */
  server: string;
  /** How it was spoken to. */
  scheme: "nats" | "tls" | "ws" | "wss";
  /** Everything that was asked for works. */
  ok: boolean;
  /** When it began: ms since the epoch. */
  at: number;
  /** What it took in all, ms. */
  ms: number;
  /** What was done, in its order; the last one may have failed. */
  steps: ProbeStep[];
  /** What the name stands for. */
  dns?: ProbeDns;
  /** Which of its addresses can be connected to. */
  tcp?: ProbeTcp;
  /** Missing when there was no TLS, and none was wanted. */
  tls?: ProbeTls;
  /** What the server says of itself, the latest; `connect_urls` are those of its cluster. Its texts are cut at 512 characters. */
  info?: ServerInfo;
  /** Whether the server takes us. */
  auth?: ProbeAuth;
  /** How long round trips take. */
  rtt?: ProbeRtt;
  /** Whether a message of the size asked for fits. */
  payload?: ProbePayload;
  /** Whether JetStream can be used, and what is left of it. */
  jetstream?: ProbeJetStream;
  /** The first step that makes it not `ok`. */
  failed?: ProbeStepName;
  /** What a connection would have said about that, with advice. */
  cause?: Cause;
  /** It was ended by option `signal`. */
  aborted?: true;
}
