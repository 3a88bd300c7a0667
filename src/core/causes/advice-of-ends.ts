import { CodedError } from "../../errors.js";
import type { Ended } from "../advice.js";
import { IDLE, livelier } from "./advice-of-network.js";
import { idleFor, isAttempt, isBusy } from "./evidence.js";
import { HttpRefusal } from "./http-refusal.js";

const LATER =
  "nothing need be done if it was a restart: holdfast goes on trying, and writes again what was not confirmed";

/** Nobody listens. */
export function* ofRefused({ error, facts }: Ended): Iterable<string> {
  const { server } = facts;
  const at = server === "" ? "the server" : server;
  if (facts.lameDuck || /shuts down/.test(error.message)) {
    yield "nothing need be done: the server shuts down, and another one is tried";
    yield 'name all servers of the cluster in option "servers", so that there is another one';
    return;
  }
  if (error instanceof CodedError && error.detail.cause instanceof HttpRefusal) {
    yield `see whether the gateway at ${at} reaches a server: it has answered itself, because what it leads to is down, or not in its list`;
    yield LATER;
    yield 'name other gateways, or the servers themselves, in option "servers"';
    return;
  }
  yield `see whether nats-server runs, and listens at ${at}: "ss -ltn" on its host; clients use "port" (4222), not those of "cluster" and "http"`;
  yield LATER;
  yield 'name all servers of the cluster in option "servers", so that another one takes over at once';
  yield 'if the program is to start before its server, set option "waitOnFirstConnect: true"';
}

/** The server closed without a word. */
export function* ofShutdown({ facts }: Ended): Iterable<string> {
  const { phase, held } = facts;
  const log =
    "look at the server's log and uptime; of a server that still runs, /connz?state=closed tells why it has closed this connection";
  if (isAttempt(phase)) {
    yield log;
    if (phase === "handshake")
      yield "a server that closes behind CONNECT without a word may be another program, a proxy whose server is gone, or one that is starting";
    yield LATER;
    return;
  }
  yield LATER;
  yield log;
  if (phase === "live" && (isBusy(facts) || held > 0))
    yield 'if the server still runs, it may have given this client up as a slow consumer: then its log has "Slow Consumer Detected" at this time';
  yield 'restart servers by lame duck mode ("nats-server --signal ldm"): then holdfast moves before the link ends, without a gap';
  const idle = idleFor(facts);
  if (phase === "live" && idle >= IDLE) {
    yield `if it happens after the same time of silence again, something in between ends idle links: set option "pingInterval: ${livelier(idle)}"`;
  }
}

/** The server had announced its end. */
export function* ofLameDuck(): Iterable<string> {
  yield 'name all servers of the cluster in option "servers", or let gossip do it ("ignoreClusterUpdates: false"): there was no other one to move to';
  yield 'see that the addresses that the cluster tells can be reached from here (nc.getServers()); set "client_advertise" of the servers if not';
  yield 'give clients time to leave: "lame_duck_duration" of the server (default 2m) above option "lameDuckJitter" (default 5000 ms)';
}

/** No sign of life. */
export function* ofStale({ code, error, facts }: Ended): Iterable<string> {
  const { phase, server, silence, held } = facts;
  const at = server === "" ? "the server" : server;
  if (phase === "info" && held > 0) {
    yield `${at} has begun to speak, and its first line did not come to an end in time: look at bandwidth and lost packets on the way`;
    yield 'raise option "timeout" (default 5000 ms) if the way is that slow';
    return;
  }
  if (phase === "info") {
    yield `see whether ${at} is the port for NATS clients: it has accepted the connection and said nothing, as HTTP servers do, and the server's ports for websockets (ws:// in "servers") and MQTT`;
    yield 'if the server has "handshake_first", set option "tls: { handshakeFirst: true }"';
    yield "a server that is frozen, has no CPU, or has no descriptors left (ulimit -n) can be connected to as well: look at its host and its log";
    yield 'raise option "timeout" (default 5000 ms) if the way is that long: what is near may accept for what is far';
    return;
  }
  if (/^auth\w* timeout/i.test(error.message)) {
    yield "look for lost packets and long delays on the way to the server: CONNECT was sent, and it has not come in time";
    yield 'raise "timeout" in "authorization" of the server (default 2 s) if the way is slow';
    yield 'make option "authenticator" quicker if it has taken most of this time';
    return;
  }
  if (phase === "dialing") {
    yield `see whether ${at} is frozen, or has no CPU: its system has accepted the connection, and nobody answers the TLS that comes first (option "tls.handshakeFirst")`;
    yield `see whether ${at} is a port of NATS at all`;
    yield 'raise option "timeout" (default 5000 ms) if the way is that long';
    return;
  }
  if (phase !== "live") {
    yield `see whether ${at} is overloaded or frozen: it has taken the connection, and does not answer`;
    yield 'raise option "timeout" (default 5000 ms) if its answers take long: many subscriptions over a slow way, or auth callout';
    return;
  }
  if (/flusherTimeout/.test(error.message)) {
    yield "the server, or somebody in between, does not read: look at its CPU and at bandwidth limits on the way";
    yield 'raise option "flusherTimeout" (default 60000 ms) if the way is that slow';
    return;
  }
  if (code === "STALE_CONNECTION" && /^stale connection/i.test(error.message)) {
    yield "the server had no answer to its PINGs: look for lost packets on the way from here to the server";
    yield 'raise "ping_interval" or "ping_max" of the server (default 2m and 2) if answers may take that long';
    return;
  }
  yield `look at the host of ${at}: frozen, paused or out of CPU; and for lost packets on the way ("mtr", "ping")`;
  yield `if the way is known to fall silent for longer than ${Math.ceil(silence / 1000)} s, raise options "stallTimeout" and "pingInterval"`;
  yield 'name all servers of the cluster in option "servers", so that another one takes over';
}

/** The server could not hand over what it had for us. */
export function* ofSlowConsumer({ error }: Ended): Iterable<string> {
  yield "take less at a time: share the subject among processes in a queue group, or read it from a JetStream consumer, which sends what is asked for";
  yield "find what keeps the event loop busy (handlers that compute, JSON of large messages): nc.stats() and monitorEventLoopDelay() of node:perf_hooks";
  yield 'look at the bandwidth between the server and here; raise "max_pending" (default 64MB) or "write_deadline" (default 10s) of the server if bursts are all it is';
  if (!(error instanceof CodedError) || error.detail.serverText === undefined)
    yield 'the server\'s log has "Slow Consumer Detected" at this time; if it has not, the server was stopped while this client was behind';
}

/** This process did not run. */
export function* ofStall({ facts }: Ended): Iterable<string> {
  yield `find out why this process did not run for ${Math.round(facts.localStall)} ms: long computations (move them into a worker), synchronous calls, garbage collection`;
  yield "look at the CPU limit of the container (cpu.stat: nr_throttled), at swapping, and whether the machine was suspended";
  yield isAttempt(facts.phase)
    ? 'if such stalls cannot be helped, raise option "timeout" (default 5000 ms), and "timeout" in "authorization" and "tls" of the server (default 2 s)'
    : 'if such stalls cannot be helped, raise "ping_interval", "write_deadline" and "max_pending" of the server';
}
