import type { Environment } from "../../../bench/environment.js";
import { quantile } from "../../../bench/statistics.js";
import { count, duration } from "../../../demo/view/figures.js";
import { times } from "../../view/figures.js";
import { type Column, markdownTable } from "../../view/markdown.js";
import { type Kills, timesOf } from "../kills.js";
import type { Moves } from "../moves.js";
import { ownOf } from "../pauses.js";
import { PAYLOAD } from "../protocol.js";
import type { Restart, Rolling } from "../rolling.js";
import {
  brokenPromises,
  type Campaign,
  HEAD_START,
  LONGEST_GAP,
  MEDIAN,
  sums,
  TIMER,
  time,
  WORST,
} from "../verdict.js";
import { movesRows, type Row, rollingRows } from "./figures.js";

/** All three runs, with those of nats.js. */
export interface FailoverRun {
  readonly command: string;
  readonly minutes: number;
  readonly environment: Environment;
  readonly campaigns: readonly Campaign[];
}

/** docs/failover.md. */
export function failoverPage(run: FailoverRun): string {
  const { campaigns } = run;
  const rolling = campaigns.filter((each) => each.name === "rolling");
  const moves = campaigns.filter((each) => each.name === "moves");
  const kills = campaigns.filter((each) => each.name === "failover");
  return `${[
    top(run),
    verdict(campaigns),
    howMeasured(run),
    "## Rolling restart by lame duck",
    beside(rolling, rollingRows),
    ...rolling.filter(({ client }) => client === "holdfast").map(restarts),
    "## Moves by `reconnect()`",
    beside(moves, movesRows),
    ...moves.filter(({ client }) => client === "holdfast").map(byMember),
    "## Kills",
    ...kills.map(killTable),
  ].join("\n\n")}\n`;
}

function top({ command, environment, minutes }: FailoverRun): string {
  const { date, holdfast, natsjs, natsServer, node, cores, cpu, platform, load } = environment;
  return `# What a change of server costs

<!-- Made by \`npm run chaos -- --rolling --moves --failover --peer --write\`: change what is in chaos/failover/, not this page. -->

A rolling restart of a real three-node cluster, moves that the application asks for, and a node that is killed: what was lost, what came twice, and for
how long nothing came. Beside it nats.js, the official client.

| | |
|---|---|
| date | ${date.slice(0, 10)} |
| versions | Holdfast ${holdfast}, nats.js ${natsjs}, nats-server ${natsServer}, Node ${node} |
| machine | ${cores} × ${cpu}, ${platform}; load ${load.toFixed(1)} at the end; ${minutes.toFixed(0)} minutes |
| again | \`${command}\` |`;
}

function verdict(campaigns: readonly Campaign[]): string {
  const broken = campaigns.flatMap(brokenPromises);
  if (broken.length === 0) return "**Holdfast kept its promises in all of them.**";
  return `Holdfast did not keep its promises:\n\n${broken.map((text) => `- **${text}**`).join("\n")}`;
}

function howMeasured({ campaigns }: FailoverRun): string {
  const rate = Math.max(...campaigns.map((each) => ("rate" in each ? each.rate : 0)));
  return `## How it was measured, and how to read it

- On each of the three nodes sit a publisher, a subscriber and a member of one queue group, all with the defaults of their client. Publishers have a process of their own, and so have
  receivers. Together the publishers publish ${count(rate)} messages of ${PAYLOAD} bytes a second; each subscriber hears all of them, and so does the group as a whole.
- Each message carries the number of its publisher and its own. **lost** never came to a receiver, **twice** came again; both are counted for each subscriber and for the group, and
  added up. **out of order**: it came to a subscriber behind a newer one of the same publisher; the order across servers is the cluster's, so it is told and not promised.
- A **witness**, a plain socket on each node that never moves, gets everything as well. What it got twice, the servers made: when a member of a queue group has left one node for another, messages that are on the way to the first
  are handed on to the second, where those who only listen get them again. That happens with every client, and no client can prevent it; it is counted apart.
- A **gap** is the time between two deliveries of one publisher's messages to one subscriber, or to the group; both ends are read from one clock in one process. The longest counts; ${LONGEST_GAP} ms are
  allowed in a restart. What the machine itself does to a steady stream is told beside it: the longest gap before anything happened, for how long a process of ours stood still, and the longest gap **without what the machine added**: the
  time for which a process of publishers or receivers stood still and used no processor, because others had it. The servers' processes are not looked at in that way.
- **Rolling restart**: each node in turn is put into lame duck mode (30 s, its shortest, with a grace period of 10 s). One publisher at a time publishes nine tenths: at first the one on the lame node, later
  those on the others. When all clients have left, the node is ended by SIGTERM (nobody waits for the rest of the 30 s), started again, and the next one follows when the cluster is whole. Between two restarts everybody goes back
  to the node where it began, while nobody publishes.
- **Moves**: one connection after the other calls \`reconnect()\`: those above, three services that answer requests after up to 80 ms, one that sends them (200 a second, some always in flight, each tenth for many replies), one that
  stores in a JetStream and one that consumes it. All publishers publish alike.
- **Kills**: SIGKILL of the connected node; the time until a message that was published after it reaches a subscriber on another node. Each in a fresh process, Holdfast and nats.js in turns, on a link that is
  more than 3 s old: nats.js's best case (on a younger link it waits first). Of a server that hangs the kernel accepts the connection, and nothing comes.
- Times are median / worst.`;
}

function beside<T extends Rolling | Moves>(runs: readonly T[], rowsOf: (run: T) => Row[]): string {
  const columns: Column[] = [
    { head: "" },
    ...runs.map(({ client }) => ({ head: client === "holdfast" ? "Holdfast" : "nats.js", right: true })),
  ];
  const all = runs.map(rowsOf);
  const rows = all[0].map(({ label }, index) => [label, ...all.map((each) => each[index].value)]);
  return markdownTable(columns, rows);
}

function restarts({ results }: Rolling): string {
  const columns: Column[] = [
    { head: "restart of" },
    { head: "most from" },
    { head: "clients", right: true },
    { head: "had left after", right: true },
    { head: "lost", right: true },
    { head: "twice", right: true },
    { head: "out of order", right: true },
    { head: "gap", right: true },
    { head: "without the machine", right: true },
    { head: "gap before", right: true },
  ];
  return `Each restart, with Holdfast:\n\n${markdownTable(columns, results.map(restartRow))}`;
}

function restartRow({ lame, from, clients, left, standing, pauses, before }: Restart): string[] {
  const { lost, duplicated, disorder } = sums(standing.receipts);
  return [
    lame,
    from,
    count(clients),
    duration(left),
    count(lost),
    count(duplicated),
    count(disorder),
    duration(pauses.longest.ms),
    duration(ownOf(pauses.own)),
    duration(before.longest.ms),
  ];
}

/** What a move takes depends upon what the connection does. */
function byMember({ results }: Moves): string {
  const kinds = [...new Set(results.map(({ member }) => kindOf(member)))];
  const rows = kinds.map((kind) => {
    const moves = results.filter(({ member }) => kindOf(member) === kind);
    const overlaps = moves.flatMap(({ overlap }) => overlap ?? []);
    const twins = moves.reduce((sum, move) => sum + move.twins, 0);
    return [kind, count(moves.length), times(moves.map(({ ms }) => ms)), times(overlaps), count(twins)];
  });
  const columns: Column[] = [
    { head: "a move of" },
    { head: "times", right: true },
    { head: "until done", right: true },
    { head: "both links stood for", right: true },
    { head: "twins removed", right: true },
  ];
  return `By what the connection is there for, with Holdfast:\n\n${markdownTable(columns, rows)}`;
}

/** "subscriber 2" is a subscriber. */
function kindOf(member: string): string {
  return member.replace(/ \d+$/, "");
}

function killTable(kills: Kills): string {
  const cases = [
    { name: "Holdfast", client: "holdfast", hanging: 0 },
    { name: "nats.js", client: "natsjs", hanging: 0 },
    { name: "Holdfast, one server hangs", client: "holdfast", hanging: 1 },
    { name: "Holdfast, two servers hang", client: "holdfast", hanging: 2 },
  ] as const;
  const theirs = quantile(timesOf(kills, cases[1]), 0.5);
  const rows = cases.map(({ name, ...of }) => {
    const all = timesOf(kills, of);
    const [best, middle, worst] = [0, 0.5, 1].map((q) => quantile(all, q));
    return [
      name,
      count(all.length),
      time(middle),
      time(best),
      time(worst),
      `${(middle / theirs).toFixed(2)} ×`,
    ];
  });
  const columns: Column[] = [
    { head: "" },
    { head: "kills", right: true },
    { head: "median", right: true },
    { head: "best", right: true },
    { head: "worst", right: true },
    { head: "median, of nats.js's", right: true },
  ];
  return `${markdownTable(columns, rows)}

Allowed: a median of ${MEDIAN.factor} × nats.js's and ${MEDIAN.slack} ms more, a worst of ${WORST.factor} × the own median and ${WORST.slack} ms more; for each server that hangs ${HEAD_START} ms, and ${TIMER} ms for its timer, on top of the allowed median.`;
}
