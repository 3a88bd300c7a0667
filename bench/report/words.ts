import { markdownTable } from "../../chaos/view/markdown.js";
import type { Environment } from "../environment.js";
import type { Campaign } from "../measured.js";
import type { Result } from "../results.js";
import { ratio } from "./ratio.js";

/** What was tried to make it fast, written by hand; it ends the page. */
export const TRIED_FILE = "bench/tried.md";

/** The top of the page: what this is, on what it was measured, and how to read it. */
export function before({ environment, cases }: Campaign, results: readonly Result[]): string {
  const { date, holdfast, natsjs, natsServer, node, platform, cpu, cores, load } = environment;
  const rounds = [...new Set(results.map((one) => one.rounds))].sort((a, b) => a - b).join(" or ");
  return `# Performance

<!-- Made by \`npm run bench -- --write\`: change what is in bench/, not this page. -->

What Holdfast costs beside nats.js, and how close it comes to a socket that writes ready-made bytes. ${cases.length} cases, ${date.slice(0, 10)}.

| what | |
| ---- | ---- |
| machine | ${cores} × ${cpu}, ${platform}; load ${load.toFixed(1)} at the start; client and server on loopback |
| versions | Holdfast ${holdfast}, nats.js ${natsjs}, nats-server ${natsServer}, Node ${node} |
| again | \`npm run bench -- --write\`, or a part of it: \`npm run bench -- --write --cases publish\`; a short look: \`npm run bench\` |

## How to read it

**Who.** *Holdfast* with its defaults: at-least-once, every message is kept until the server has confirmed it. *Holdfast, at-most-once*. *nats.js* with its defaults, which
keeps nothing. *raw socket*: no client at all, a Node socket that writes ready-made bytes and counts those that come in; nothing on a Node socket can be faster. Each
publishes at the pace that is best for it: Holdfast as \`publish()\` says, nats.js with a turn of the event loop after 1,000 messages.

**How.** Each measurement is a fresh process of one client, which warms up before. The clients take turns, A B C, then B C A, so that all share what the machine does
meanwhile; who begins changes with each round. Tables show medians of ${rounds} rounds. Ratios are taken round by round, and then their median, with the interval that it lies in with
95 % confidence (bootstrap): *2.00 × (1.90 – 2.10)*. What has 1 in its interval makes no difference that could be seen.

**What.** *CPU per message* is the CPU time of the client's process, all its threads, the garbage collector and the system's part with it: it is steadier than rates are, which
depend on what the server does on the other core. *Peak RSS* is the most memory that the process ever had, Node's own 45 MiB with it. \`receive\` and \`iterate\` find everything in
the server already, so that the client is the limit; in \`live\` another process publishes meanwhile, and the server is the limit, as in most applications: there is what a raw
socket receives the mark. *Latency* is an open loop: every message has a time at which it is due, and its latency counts from then, also if it was
published late because something before it took long (no coordinated omission); the process does not sleep between messages, so that no timer is measured.
*Memory per connection or subscription* is what heap and external memory have grown by, after a collection.

Figures of other machines differ; ratios differ less. Two cores are few: a client shares them with the server and, where there is one, a responder.`;
}

/** What was measured with one Node. */
interface ByNode {
  readonly environment: Environment;
  readonly results: readonly Result[];
}

/** Ratios against nats.js with every Node. */
export function nodesSection(main: ByNode, others: readonly ByNode[]): string {
  const all = [main, ...others];
  const heads = all.flatMap(({ environment: { node } }) => [`rate, Node ${node}`, `CPU, Node ${node}`]);
  const rows = main.results.flatMap(({ measured: { of } }) => {
    const cells = all.map(({ results }) => against(results.find((one) => one.measured.of.name === of.name)));
    return cells.some((pair) => pair !== undefined) && cells.slice(1).some((pair) => pair !== undefined)
      ? [[of.name, ...cells.flatMap((pair) => pair ?? ["", ""])]]
      : [];
  });
  const columns = [{ head: "Holdfast / nats.js" }, ...heads.map((head) => ({ head, right: true }))];
  return `## Other versions of Node\n\n${markdownTable(columns, rows)}`;
}

function against(result: Result | undefined): [string, string] | undefined {
  const found = result?.comparisons.find(
    ({ of, against }) => of.client === "holdfast" && against.client === "natsjs",
  );
  if (found === undefined) return undefined;
  const { rate, cpu } = found.ratios;
  return rate === undefined && cpu === undefined
    ? undefined
    : [rate === undefined ? "" : ratio(rate), cpu === undefined ? "" : ratio(cpu)];
}
