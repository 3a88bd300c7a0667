import type { Stage } from "../stage.js";
import type { Fault, Group } from "./fault.js";
import { LONG_SILENCE } from "./network.js";
import { users } from "./users.js";

/** The first thing that a server says; more than a client needs to go on. */
export const INFO = {
  server_id: "HANGS",
  server_name: "hangs",
  version: "2.10.0",
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
};

/** Kills a server and starts it again after `hold` ms. */
function ended(name: string, does: string, how: "kill" | "term", hold: number): Fault {
  return {
    name,
    does,
    group: "server",
    touches: "server",
    hold,
    async inject(stage) {
      const { node } = stage;
      await stage.end(node, how);
      return () => stage.revive(node);
    },
  };
}

function frozen(name: string, does: string, hold: number, calm: boolean): Fault {
  return {
    name,
    does,
    group: "server",
    touches: "server",
    hold,
    calm,
    inject({ node: { server } }) {
      server.stop();
      return () => server.cont();
    },
  };
}

type Diverted = Pick<Fault, "name" | "does" | "over"> & { readonly greeting: string; readonly group?: Group };

/** Leads clients to a server that greets, and says nothing more. */
export function diverted({ greeting, group = "server", ...plain }: Diverted): Fault {
  return {
    ...plain,
    group,
    touches: "server",
    hold: 1500,
    inject: (stage) => stage.divert(stage.node, greeting),
  };
}

/** Loads another configuration, and the first one again. */
function reloaded(plain: Pick<Fault, "name" | "does" | "hold" | "calm">, during: string): Fault {
  return {
    ...plain,
    group: "server",
    touches: "server",
    async inject({ node: { server } }) {
      await server.reload({ config: during });
      return () => server.reload({ config: users() });
    },
  };
}

/** What happens to a server. */
export const SERVER: readonly Fault[] = [
  ended("kill", "SIGKILL; started again after 300 ms.", "kill", 300),
  ended("kill-long", "SIGKILL; started again after 2.5 s.", "kill", 2500),
  ended("term", "SIGTERM; started again after 300 ms.", "term", 300),
  {
    name: "kill-replay",
    does: "SIGKILL, and again while what was unconfirmed is written once more.",
    group: "server",
    touches: "server",
    hold: 300,
    async inject(stage) {
      const { node } = stage;
      await stage.end(node, "kill");
      await stage.sleep(600);
      await stage.revive(node);
      await stage.linked();
      await stage.end(node, "kill");
      return () => stage.revive(node);
    },
  },
  frozen("stop-short", "SIGSTOP; SIGCONT after 1.5 s.", 1500, true),
  frozen("stop", "SIGSTOP; SIGCONT after 10 s.", LONG_SILENCE, false),
  diverted({
    name: "hang-silent",
    does: "The link is reset; who comes back is let in and hears nothing, for 1.5 s.",
    greeting: "",
  }),
  diverted({
    name: "hang-info",
    does: "The link is reset; who comes back hears INFO and nothing more, for 1.5 s.",
    over: "plain",
    greeting: `INFO ${JSON.stringify(INFO)}\r\n`,
  }),
  {
    name: "slow-consumer",
    does: "Nobody reads what the server sends, until it gives the client up as a slow consumer.",
    group: "server",
    touches: "server",
    hold: 0,
    config: 'write_deadline: "200ms"',
    inject: slowConsumer,
  },
  reloaded(
    {
      name: "max-payload",
      does: "The server lowers max_payload to 1000 bytes for 500 ms.",
      hold: 500,
      calm: true,
    },
    `${users()}\nmax_payload: 1000`,
  ),
  reloaded(
    { name: "permissions", does: "For 500 ms the user may not publish to another subject.", hold: 500 },
    users(undefined, ', permissions: { publish: { deny: "another.>" } }'),
  ),
  reloaded(
    {
      name: "credentials",
      does: "The password is another one for 300 ms, and the server sends the user away.",
      hold: 300,
    },
    users("another"),
  ),
];

/** The system's buffers take some seconds of traffic first. */
const FULL_BUFFERS = 10_000;

async function slowConsumer(stage: Stage): Promise<() => unknown> {
  const { server, proxy } = stage.node;
  const before = slowConsumers(server.log());
  const toxic = proxy.addToxic({ name: "slow-consumer", type: "freeze", stream: "downstream" });
  for (let waited = 0; slowConsumers(server.log()) === before && waited < FULL_BUFFERS; waited += 20) {
    await stage.sleep(20);
  }
  return () => toxic.remove();
}

function slowConsumers(log: string): number {
  return log.split("Slow Consumer").length;
}
