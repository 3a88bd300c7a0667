import { STAGGER } from "../../src/core/attempts.js";
import { DEFAULT_BACKOFF, SHARE, SHARE_TLS } from "../../src/core/backoff.js";
import { FIRST_BYTES } from "../../src/core/slow-start.js";
import type { Options } from "../options.js";
import { LAME_DUCK, type ScenarioName } from "../scenarios.js";
import type { ServerLimits } from "../server.js";
import { count } from "./figures.js";

/** What the page says before the figures. */
export function before({ clients, seed }: Options, limits: ServerLimits): string {
  return `# When all clients come back at once

<!-- Made by \`npm run sim:storm -- --write\`: change what is in storm/, not this page. -->

A server that comes back meets all its clients at once. If they knock in the same second it is busy with handshakes, some of these take too long, and
those clients knock again: a storm feeds itself. This page shows by simulation what Holdfast does about it, beside nats.js, nats.go and plain rules.

${count(clients)} clients, three servers, virtual time, seed ${seed}. Again: \`npm run sim:storm -- --clients ${clients} --seed ${seed}\`.

## What is simulated

**Clients.** Holdfast is Holdfast: the engine that ships, one per client, with the defaults of its options; only sockets and the clock are simulated. nats.js 3.4
and nats.go are their dial loops rewritten from the source, with their defaults: 2 s of wait and up to 0.1 s of jitter (1 s with TLS); nats.js gives a server up after ten
attempts, and then the connection. Where that happens to a client the row *nats.js, \`maxReconnectAttempts: -1\`* is there too, and is what Holdfast is compared with.
*Constant wait* (2 s), *decorrelated jitter* (from 1 s up to three times the last wait) and *full jitter* (anything up to a bound that doubles from
1 s) try the whole list, then wait, at most 30 s. All clients begin with a shuffled list, a third of them on each server, at peace for at least 10 s.

**Servers.** Each takes ${count(limits.accepts)} connections a second from a backlog of ${count(limits.backlog)} (a SYN too many is sent again after 1 s, 2 s, 4 s …), and reads ${count(limits.readRate / 1e6)} MB/s. With TLS it does ${count(limits.handshakes ?? 0)} handshakes a
second, one after the other; one that does not stand 2 s after INFO is cut off (nats-server's default), and costs nothing if its turn had not come. A
server that is down refuses at once. With \`--clients\` the limits shrink in proportion. The way to a server takes 0.2 to 5 ms, another for each client.

**Not simulated:** packet loss, hosts that vanish without a RST, proxies and load balancers, DNS, what the servers have to say to each other, JetStream, authentication
services. A real server does all its work with the same cores; here accepting, handshakes and reading do not slow each other down.

**How to read it.** *peak/s* are the connects that arrive at listening servers in the busiest second, all together; *one server*: at the busiest one; *in 100 ms*: in
the busiest tenth of a second. *back* counts from the first death. *failed attempts* are those that a living server did not bring to an end; attempts at servers that are down cost
nobody anything and are not counted. *connects* are all that arrived.`;
}

/** What is said about each scenario. */
export const REMARKS: Record<ScenarioName, string> = {
  one: `The first attempt comes at once, at another server, with every client here: who loses one server of three must not wait. So everybody arrives within a tenth of a
second, and all that can be asked is that it does not get worse from there. With TLS the last ones in the queue are cut off after 2 s and come again.`,
  all: `Nobody can be served at first, and everybody waits. With a wait that is nearly the same for all, they come back in step, however long it takes.`,
  late: `The one that is back first gets everybody. With TLS this is 20 s of handshakes: clients that knock at the same time are cut off at the same time, and
nats.js counts those attempts as well: its clients give up before they were served.`,
  two: `Two thirds of the clients go to the one that is left, at once. Plain TCP takes them within a second (the backlog overflows once); with TLS it
takes as long as the handshakes. Who is cut off by the only server there is waits longer and longer, as if nobody were there: Holdfast's last client is back later than nats.js's.`,
  long: `nats.js's clients have given up by then, and do not come back by themselves: the first after 19 s, the last after 30 s.`,
  "lame-duck": `The server says that it will go, waits ${LAME_DUCK.grace / 1000} s, and then closes one client after the other, so that the last is gone after ${LAME_DUCK.duration / 1000} s at the latest. Other clients stay until they
are cut off; Holdfast's move before that: the new link stands before the old one is left, and nobody loses anything. The moves are spread over \`lameDuckJitter\`.

The peak is higher than that of the eviction, and has to be: moves that are over before the evictions begin, after ${LAME_DUCK.grace / 1000} s, cannot be spread as far as those, for which
the server takes more than a minute. Nor does a client know how long the server has, or how many clients. What counts is that the others can take them: no attempt fails.`,
};

/** What follows for the defaults. */
export function after(): string {
  const { initial, max, factor } = DEFAULT_BACKOFF;
  return `## What follows for the defaults

- **A wait that grows with the outage.** \`backoff\` begins at ${count(initial)} ms, grows by ${factor} and ends at ${count(max)} ms, and no wait is longer than ${SHARE} of what the outage has lasted: the
  last client is back after ${1 + SHARE} times the outage. With TLS a server takes fewer clients a second, and it is ${SHARE_TLS} instead, as nats.js and nats.go have another jitter for TLS.
- **Full jitter first, little of it later.** Four waits lie anywhere between nearly nothing and the whole wait: they bring clients out of step that lost their server in
  the same instant. Those that follow lie in the last tenth: that keeps the clients spread, and evenly. With full jitter all the time the peak is
  twice that of an even spread that takes as long: it cannot hold both limits above.
- **No second dial beside a server that has answered.** A head start (${STAGGER} ms) is for servers that accept and hang. One that has sent INFO is only busy; to dial the others
  as well, as every client would, makes all of them busy: it nearly doubled the connects after the death of one server of three.
- **A replay begins with ${FIRST_BYTES / 1024} KiB**, and grows as it is confirmed.
- **Moves on lame duck are spread over seconds**, so that the handshakes fit what two servers can do.`;
}
