import type { Environment } from "../environment.js";
import type { Campaign, Measured } from "../measured.js";
import type { Result } from "../results.js";

/** What was tried to make it fast, written by hand; it ends the page. */
export const TRIED_FILE = "bench/tried.md";

/** The top of the page: what this is, on what it was measured, and how to read it. */
export function before({ environment, cases }: Campaign, results: readonly Result[]): string {
  const { date, node } = environment;
  return `# Performance

<!-- Made by \`npm run bench -- --write\`: change what is in bench/, not this page. -->

What Holdfast costs beside nats.js, and how close it comes to a socket that writes ready-made bytes. ${cases.length} cases, ${date.slice(0, 10)}.

| what | |
| ---- | ---- |
| machine | ${machine(environment)}; client and server on loopback${others(environment, cases)} |
| versions | ${versions(environment)}, Node ${node} |
| again | \`npm run bench -- --write\`, or a part of it: \`npm run bench -- --write --cases publish\`; a short look: \`npm run bench\` |

## How to read it

**Who.** *Holdfast* with its defaults: at-least-once, every message is kept until the server has confirmed it. *Holdfast, at-most-once*. *nats.js* with its defaults, which
keeps nothing. *raw socket*: no client at all, a Node socket that writes ready-made bytes and counts those that come in; nothing on a Node socket can be faster. Each
publishes at the pace that is best for it: Holdfast as \`publish()\` says, nats.js with a turn of the event loop after 1,000 messages.

**How.** Each measurement is a fresh process of one client, which warms up before. The clients take turns, A B C, then B C A, so that all share what the machine does
meanwhile; who begins changes with each round. Tables show medians of ${rounds(results)} rounds. Ratios are taken round by round, and then their median, with the interval that it lies in with
95 % confidence (bootstrap): *2.00 × (1.90 – 2.10)*. What has 1 in its interval makes no difference that could be seen.

**What.** *CPU per message* is the CPU time of the client's process, all its threads, the garbage collector and the system's part with it: it is steadier than rates are, which
depend on what the server does on the other core. *Peak RSS* is the most memory that the process ever had, Node's own 45 MiB with it. \`receive\` and \`iterate\` find everything in
the server already, so that the client is the limit; in \`live\` another process publishes meanwhile, and the server is the limit, as in most applications: there is what a raw
socket receives the mark. *Latency* is an open loop: every message has a time at which it is due, and its latency counts from then, also if it was
published late because something before it took long (no coordinated omission). The process rests for some 60 µs in each turn of its event loop, since one that never does
fights with the server for the cores: what the raw socket has is the share of the benchmark, the server and the machine. *Without a core* is the part of the time in which the
process could have run and did not: what others did meanwhile.
*Memory per connection or subscription* is what heap and external memory have grown by, after a collection. *CPU time of the server* is that of all threads of nats-server.

Figures of other machines differ; ratios differ less. Two cores are few: a client shares them with the server and, where there is one, a responder.`;
}

/** "Holdfast 0.1.0, nats.js 3.4.0, nats-server 2.15.1". */
export function versions({ holdfast, natsjs, natsServer }: Environment): string {
  return `Holdfast ${holdfast}, nats.js ${natsjs}, nats-server ${natsServer}`;
}

/** What it ran on, and what else ran there. */
export function machine({ cores, cpu, platform, load }: Environment): string {
  return `${cores} × ${cpu}, ${platform}; load ${load.toFixed(1)} at the start`;
}

/** What the cases were measured on that come from other machines: each says so. */
function others({ cpu }: Environment, cases: readonly Measured[]): string {
  const foreign = cases.filter((one) => one.cpu !== undefined && one.cpu !== cpu);
  const models = [...new Set(foreign.map((one) => one.cpu))].join(", ");
  return foreign.length === 0 ? "" : `; ${foreign.length} cases on ${models}, where they say so`;
}

/** " on …", for a case that comes from another machine than the rest. */
export function elsewhere({ cpu }: Environment, measured: Measured): string {
  return measured.cpu === undefined || measured.cpu === cpu ? "" : `, on ${measured.cpu}`;
}

/** "30", or "4 or 30". */
export function rounds(results: readonly Result[]): string {
  return [...new Set(results.map((one) => one.rounds))].sort((a, b) => a - b).join(" or ");
}
