import type { Fault } from "./fault.js";

/** Time for the clients to come to the other server, and for the routes to stand. */
const BETWEEN = 500;

/** What happens to two servers with a route between them; a client knows both. */
export const CLUSTER: readonly Fault[] = [
  {
    name: "kill-node",
    does: "SIGKILL of the client's server; the other one stands, this one comes back after 700 ms.",
    group: "cluster",
    touches: "server",
    servers: 2,
    hold: 700,
    async inject(stage) {
      const { node } = stage;
      await stage.end(node, "kill");
      return () => stage.revive(node);
    },
  },
  {
    name: "kill-all",
    does: "SIGKILL of both servers at once; both come back after 700 ms.",
    group: "cluster",
    touches: "server",
    servers: 2,
    hold: 700,
    async inject(stage) {
      await Promise.all(stage.nodes.map((node) => stage.end(node, "kill")));
      return () => Promise.all(stage.nodes.map((node) => stage.revive(node)));
    },
  },
  {
    name: "rolling-restart",
    does: "SIGTERM of one server after the other; each is away for 300 ms.",
    group: "cluster",
    touches: "server",
    servers: 2,
    hold: 0,
    async inject(stage) {
      for (const node of stage.nodes) {
        await stage.end(node, "term");
        await stage.sleep(300);
        await stage.revive(node);
        await stage.sleep(BETWEEN);
      }
      return () => {};
    },
  },
  {
    name: "route-cut",
    does: "The route between the two is cut for 1.5 s; the client's server is well.",
    group: "cluster",
    touches: "link",
    servers: 2,
    hold: 1500,
    calm: true,
    inject({ route }) {
      route?.down();
      return () => route?.up();
    },
  },
  {
    name: "lame-duck",
    does: "The client's server goes into lame duck mode, sends its clients away, and ends; it comes back after 3.5 s.",
    group: "cluster",
    touches: "server",
    servers: 2,
    hold: 3500,
    config: 'lame_duck_grace_period: "100ms", lame_duck_duration: "30s"',
    inject(stage) {
      const { node } = stage;
      stage.noteKill();
      node.server.lameDuck();
      return async () => {
        await stage.end(node, "kill");
        await stage.revive(node);
      };
    },
  },
];
