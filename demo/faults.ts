import { now, sleep } from "./clock.js";
import { HangingServer } from "./hanging-server.js";
import { SECOND_KILL, type Step } from "./schedule.js";
import type { Stage } from "./stage.js";
import { tellStrike } from "./words.js";

/** Two kills within a second: what is not reached by then is killed where it is to be expected. */
const WITHIN_A_SECOND = 950;
const LOOK_EVERY = 2;

/** Carries out one step of the schedule; resolves when everything is well again. */
export async function carryOut(stage: Stage, step: Step): Promise<void> {
  switch (step.fault) {
    case "kill":
    case "all-down":
      return down(stage, step, "SIGKILL");
    case "term":
      return down(stage, step, "SIGTERM");
    case "freeze":
      return down(stage, step, "SIGSTOP");
    case "double-kill":
      return doubleKill(stage, step);
    case "hang":
      return hang(stage, step);
    case "slow":
      return slow(stage, step);
  }
}

/** Strikes the nodes that play the role at this moment, and mends them later. */
async function down(stage: Stage, step: Step, means: "SIGKILL" | "SIGTERM" | "SIGSTOP"): Promise<void> {
  const nodes = castNodes(stage, step);
  const began = now();
  await stage.strike(nodes, step.fault, means, tellStrike(step, stage.names(nodes)));
  await sleep(began + step.down - now(), stage.signal);
  await stage.restore(nodes);
  stage.note(`${stage.names(nodes)} ${means === "SIGSTOP" ? "thawed" : "restarted"}`);
}

/** The publisher's node, and shortly after it the one that the publisher has gone to. */
async function doubleKill(stage: Stage, step: Step): Promise<void> {
  const { publisher } = stage.cast;
  const first = publisher.lastNode;
  const began = now();
  await stage.strike([first], step.fault, "SIGKILL", tellStrike(step, stage.names([first])));
  await sleep(began + SECOND_KILL - now(), stage.signal);
  while (publisher.node < 0 && now() < began + WITHIN_A_SECOND) await sleep(LOOK_EVERY, stage.signal);
  const arrived = publisher.node >= 0;
  const second = arrived ? publisher.node : stage.after(first);
  const there = arrived ? "the publisher had gone there" : "the publisher is nowhere yet";
  await stage.strike([second], step.fault, "SIGKILL", `${stage.names([second])} killed as well, ${there}`);
  await sleep(step.down, stage.signal);
  await stage.restore([first, second]);
  stage.note(`${stage.names([first, second])} restarted`);
}

/**
 * The node that the publisher would go to is replaced by one that accepts and says nothing; then the publisher's own
 * node is killed. The third is well.
 */
async function hang(stage: Stage, step: Step): Promise<void> {
  const { publisher, cluster } = stage.cast;
  const current = publisher.lastNode;
  const next = stage.after(current);
  await stage.strike(
    [next],
    step.fault,
    "SIGKILL",
    `${stage.names([next])} killed, it accepts and hangs from now on`,
  );
  const { host, port } = cluster.servers[next];
  const hanging = await HangingServer.listen(host, port, stage.signal);
  try {
    stage.ail(next, "hanging");
    await stage.strike([current], step.fault, "SIGKILL", tellStrike(step, stage.names([current])));
    await sleep(step.down, stage.signal);
  } finally {
    await hanging.close();
  }
  await stage.restore([current, next]);
  stage.note(`${stage.names([current, next])} restarted`);
}

async function slow(stage: Stage, step: Step): Promise<void> {
  stage.cast.slowDown(step.down);
  stage.note(tellStrike(step, ""), "bad");
  await sleep(step.down, stage.signal);
  stage.note("the subscriber is at full speed again");
}

/** The nodes that play the role now. */
function castNodes(stage: Stage, { target }: Step): number[] {
  const { publisher, subscriber } = stage.cast;
  switch (target) {
    case "all":
      return stage.nodes;
    case "publisher":
      return [publisher.lastNode];
    case "subscriber":
      return [subscriber.lastNode];
    case "idle": {
      const used = [publisher.lastNode, subscriber.lastNode];
      return stage.nodes.filter((node) => !used.includes(node)).slice(0, 1);
    }
  }
}
