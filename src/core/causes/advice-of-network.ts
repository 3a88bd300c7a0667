import { CodedError } from "../../errors.js";
import type { Ended } from "../advice.js";
import type { LinkPhase } from "../link.js";
import { idleFor, isAttempt } from "./evidence.js";
import { isOrderlyEnd, systemCode } from "./system-code.js";

/** ms of silence from which on something in between may have ended an idle link. */
export const IDLE = 10_000;
/** Parts of the time after which somebody in between ends an idle link: so often there should be something on it. */
const PER_IDLE = 3;

/** A `pingInterval` that keeps a link from being idle for so many ms. */
export function livelier(idle: number): number {
  return Math.max(1000, Math.floor(idle / PER_IDLE / 1000) * 1000);
}

/** What the system says when the other side has ended a connection. */
const RESET = /^(?:ECONNRESET|EPIPE|ECONNABORTED)$/;

/** The way to the server. */
export function* ofNetwork(ended: Ended): Iterable<string> {
  const { error, facts } = ended;
  const at = facts.server === "" ? "the server" : facts.server;
  const said = [...ofSystem(systemCode(error), at, facts.phase)];
  if (said.length > 0) return yield* said;
  if (facts.phase === "dialing") return yield* ofDial(ended, at);
  if (facts.phase === "info" && facts.held > 0 && isOrderlyEnd(error)) {
    yield `something on the way to ${at} ends connections within the first line of the server: look at proxies and load balancers in between, and at their limits of time and bytes`;
    yield `name the servers themselves in option "servers", if that can be, rather than what stands before them`;
    return;
  }
  if (isAttempt(facts.phase)) return yield* ofHandshake(ended, at);
  yield* ofLink(ended, at);
}

/** What the system has said is enough. */
function* ofSystem(code: string, at: string, phase: LinkPhase): Iterable<string> {
  switch (code) {
    case "ENOTFOUND":
      yield `check the name in option "servers" (${at}): the resolver does not know it; try "getent hosts" with it on this host`;
      yield "in Kubernetes, give the service with its namespace: nats.<namespace>.svc.cluster.local, and see that a pod is ready";
      return;
    case "EAI_AGAIN":
    case "EAI_FAIL":
      yield "the resolver of this host is away or overloaded: look at /etc/resolv.conf, and at CoreDNS in Kubernetes";
      yield 'or give addresses of the servers in option "servers", beside their names';
      return;
    case "EHOSTUNREACH":
    case "EHOSTDOWN":
    case "ENETUNREACH":
    case "ENETDOWN":
      if (phase !== "dialing") {
        yield `the way to ${at} has gone while it was in use: look at this host's interfaces, VPN and routes ("ip route get" with its address), and whether that host is up`;
        yield 'name servers that are reached another way in option "servers" as well';
        return;
      }
      yield `there is no route to ${at}: look at VPN, security groups and "ip route get" with its address on this host`;
      yield 'option "servers" may name an address that only the server\'s own network knows: set "client_advertise" of the server, or option "ignoreClusterUpdates: true"';
      return;
    case "ETIMEDOUT":
      if (phase === "dialing") return;
      yield `see whether the host of ${at} is up and has its network: nothing has come back from it any more, not even from its system`;
      yield "or a firewall or NAT gateway in between has forgotten the link, and drops what belongs to it without a word";
      yield 'lower options "stallTimeout" and "pingInterval" to notice it sooner';
      return;
    case "EMFILE":
    case "ENFILE":
      yield 'it is this host, not the network: raise the limit of open files ("ulimit -n", LimitNOFILE of systemd), or find out who opens so many: "ls /proc/<pid>/fd"';
      return;
    case "ENOMEM":
    case "ENOBUFS":
      yield "it is this host, not the network: give it, or the container, more memory, or find out who takes it (the kernel's log; net.ipv4.tcp_mem)";
      return;
    case "EACCES":
    case "EPERM":
      yield "it is this host, not the network: look at its own firewall (nft list ruleset), at SELinux or seccomp, and at what the container may do";
      return;
    case "EADDRINUSE":
    case "EADDRNOTAVAIL":
      yield 'options "localAddress" and "localPort" must be of this host and free; without them, this host has run out of local ports';
      return;
  }
}

/** No connection has come about, or it has ended before anything NATS has: TLS and the websocket are part of it where they come first. */
function* ofDial({ code, error, facts }: Ended, at: string): Iterable<string> {
  const { isWebSocket } = facts;
  const system = systemCode(error);
  if (code === "TLS_FAILED") {
    yield `what listens at ${at} ends the connection when TLS begins: see whether it is ${isWebSocket ? 'the port in "websocket" of the server, with "tls" there' : 'the port of a server with "handshake_first"'}, and which firewall, mesh, or load balancer with no server behind it is in between`;
    yield isWebSocket
      ? 'use ws:// in option "servers" for a websocket without TLS'
      : 'leave option "tls.handshakeFirst" out unless the server has "handshake_first"';
    return;
  }
  if (code === "TIMEOUT" || system === "ETIMEDOUT") {
    yield `something on the way to ${at} swallows what we send: look at firewalls, security groups and network policies for its port, and whether its host is up`;
    if (isName(at) && code === "TIMEOUT")
      yield `or the resolver of this host takes that long: see how long "getent hosts" takes with the name in ${at}`;
    yield 'raise option "timeout" (default 5000 ms) if the way is long, and name more than one server in option "servers"';
    if (isWebSocket)
      yield 'if something listens there, it does not answer the upgrade to a websocket: see whether it is the port in "websocket" of the server, or a gateway that leads there';
    return;
  }
  if (!RESET.test(system) && !(error instanceof CodedError && error.detail.closedByPeer === true)) {
    yield `this system could not make the connection, for the reason in the evidence: look at the address in option "servers" (${at}: a family, IPv4 or IPv6, that this host does not have?)`;
    yield 'look at options "localAddress" and "dialer" where they are set';
    return;
  }
  if (isWebSocket) {
    yield `what listens at ${at} ends the connection without an answer to the upgrade to a websocket: see whether it is the port in "websocket" of the server, or a gateway that leads there and has no server that is well`;
    yield "or a firewall, proxy or mesh in between allows no websockets: look at its log at this time";
    return;
  }
  yield `what is at ${at} takes the connection and ends it at once: a firewall or network policy that rejects, or a load balancer or port forward with no server behind it`;
  yield `see whether the server was killed at this time; if it runs, try "nc -vz" from its own host and from this one: where the answers differ, it is something in between`;
  yield 'name more than one server in option "servers"';
}

/** A server was reached, and the link does not stand. */
function* ofHandshake({ code, error, facts }: Ended, at: string): Iterable<string> {
  const { phase, held } = facts;
  if (phase === "info" && held === 0) {
    yield `what listens at ${at} ends connections before a word: a load balancer or tunnel with no server behind it that is well, or a firewall that rejects`;
    yield 'give the servers themselves in option "servers", not a load balancer: they tell of the others of their cluster';
    yield 'if the server has "handshake_first", set option "tls: { handshakeFirst: true }"';
    return;
  }
  if (code === "TLS_FAILED" && phase === "securing") {
    yield `look for what resets connections on which TLS begins behind a line of plain text, the INFO of ${at}: a firewall, TLS inspection or service mesh that takes it for something else; look at its log at this time`;
    yield 'if it cannot be taught, set "handshake_first" of the server and option "tls: { handshakeFirst: true }": then the connection begins with TLS';
    yield `see whether ${at} was killed or has crashed at this time: its uptime and log`;
    return;
  }
  if (code === "TLS_FAILED" && !RESET.test(systemCode(error))) return yield* ofDamage(at);
  yield `look at the log of ${at} at this time: a server that refuses this client says why, and its word is lost where the connection is reset behind it`;
  yield `see whether ${at} was killed or has crashed (its uptime, the log of the kernel for its memory): then the attempts that follow are refused, or another process answers`;
  yield "if it knows of nothing, look at the log of what is in between: firewall, load balancer, VPN, service mesh";
}

/** It stood. */
function* ofLink({ code, facts }: Ended, at: string): Iterable<string> {
  if (code === "TLS_FAILED") return yield* ofDamage(at);
  const idle = idleFor(facts);
  const middle = `a firewall, load balancer, VPN or service mesh between here and ${at} that resets connections: look at its log at this time`;
  if (idle >= IDLE) {
    yield `something in between ends idle links: set option "pingInterval: ${livelier(idle)}", or raise the idle timeout of load balancer or firewall`;
    yield `look for ${middle}`;
    yield "if the attempts that follow are refused, it was the server: it was killed, or has crashed; look at its log";
    return;
  }
  yield `see whether ${at} was killed or has crashed (its uptime and log, the log of the kernel for its memory): then the attempts that follow are refused, or another process answers`;
  yield `if it runs on, look for ${middle}`;
  yield 'if it happens at the same interval again and again, something ends links by the clock: raise its limit, or name several servers in option "servers"';
}

/** Bytes of TLS that stands were changed. */
function* ofDamage(at: string): Iterable<string> {
  yield `look at what touches packets between here and ${at}: VPN, tunnel, TLS inspection, network cards that do checksums: bytes of an encrypted link came changed`;
  yield "if it happens with one host only, try another machine: memory or a network card that is broken shows like this";
}

/** Whether `host:port` has a name that a resolver is asked for. */
function isName(at: string): boolean {
  return !at.startsWith("[") && /[a-z_-][^:]*:\d+$/i.test(at);
}
