import { between } from "../../demo/random.js";
import type { ToxicOptions } from "../../src/testing/proxy/toxics.js";
import type { Stage } from "../stage.js";
import { type Fault, type Heal, overByItself } from "./fault.js";

/** Longer than Holdfast's `stallTimeout` of 5 s, so that a client has to notice silence by itself. */
export const SILENCE = 6500;
/** Long enough, too, where something goes on for a while: buffers fill up first, or the server's first PING comes. */
export const LONG_SILENCE = 10_000;

/** Puts a toxic on every link of the publisher's node, and takes it off again. */
export function poison(stage: Stage, name: string, toxic: ToxicOptions): Heal {
  const added = stage.node.proxy.addToxic({ ...toxic, name });
  return () => added.remove();
}

type Plain = Pick<Fault, "name" | "does" | "hold" | "calm">;

function toxicFault(plain: Plain, toxic: (stage: Stage) => ToxicOptions): Fault {
  return {
    ...plain,
    group: "network",
    touches: "link",
    inject: (stage) => poison(stage, plain.name, toxic(stage)),
  };
}

/** What networks do: every toxic of the proxy that knows nothing of NATS. */
export const NETWORK: readonly Fault[] = [
  toxicFault(
    {
      name: "latency",
      does: "Every byte takes 50 ± 30 ms, both ways, for a second.",
      hold: 1000,
      calm: true,
    },
    () => ({ type: "latency", latency: 50, jitter: 30 }),
  ),
  toxicFault(
    {
      name: "bandwidth",
      does: "The link carries 500 kB/s for a second, a third of what is published.",
      hold: 1000,
      calm: true,
    },
    () => ({ type: "bandwidth", rate: 500_000 }),
  ),
  toxicFault(
    { name: "slicer", does: "Bytes come in slices of 20 to 180, for a second.", hold: 1000, calm: true },
    () => ({ type: "slicer", averageSize: 100, sizeVariation: 80 }),
  ),
  toxicFault(
    {
      name: "timeout",
      does: "The link goes dead, and is closed 200 ms later; so is each that is made within 400 ms.",
      hold: 400,
    },
    () => ({ type: "timeout", timeout: 200 }),
  ),
  toxicFault(
    {
      name: "hang-up",
      does: "The link goes dead for 6.5 s and stays open (toxiproxy's timeout 0).",
      hold: SILENCE,
    },
    () => ({
      type: "timeout",
      timeout: 0,
    }),
  ),
  toxicFault(
    { name: "reset-peer", does: "Every link is reset (RST) as soon as it is made, for 300 ms.", hold: 300 },
    () => ({ type: "reset_peer", timeout: 0 }),
  ),
  {
    name: "reset",
    does: "The link is reset once (RST), wherever it was in a frame.",
    group: "network",
    touches: "link",
    hold: 0,
    inject: ({ node }) => {
      node.proxy.reset();
      return overByItself;
    },
  },
  toxicFault(
    {
      name: "limit-up",
      does: "The link ends after 1 to 30,000 bytes more from the client, in the middle of a frame.",
      hold: 250,
    },
    ({ random }) => ({ type: "limit_data", stream: "upstream", bytes: between(random, 1, 30_000) }),
  ),
  toxicFault(
    {
      name: "limit-down",
      does: "The link ends after 1 to 30,000 bytes more from the server, in the middle of a frame.",
      hold: 250,
    },
    ({ random }) => ({ type: "limit_data", stream: "downstream", bytes: between(random, 1, 30_000) }),
  ),
  {
    name: "down",
    does: "The link is reset, and nobody listens for 500 ms.",
    group: "network",
    touches: "server",
    hold: 500,
    inject: ({ node }) => {
      node.proxy.down();
      return () => node.proxy.up();
    },
  },
  {
    name: "flapping",
    does: "Five times within 600 ms nobody listens for 60 ms, and then somebody does.",
    group: "network",
    touches: "server",
    hold: 0,
    async inject(stage) {
      const { proxy } = stage.node;
      for (let time = 0; time < 5; time++) {
        proxy.down();
        await stage.sleep(60);
        await proxy.up();
        await stage.sleep(60);
      }
      return overByItself;
    },
  },
  toxicFault(
    {
      name: "half-open",
      does: "Both directions are silent for 6.5 s; the sockets stay open.",
      hold: SILENCE,
    },
    () => ({ type: "half_open" }),
  ),
  toxicFault(
    { name: "blackhole-up", does: "What the client sends is taken and lost, for 10 s.", hold: LONG_SILENCE },
    () => ({ type: "blackhole", stream: "upstream" }),
  ),
  toxicFault(
    { name: "blackhole-down", does: "What the server sends is taken and lost, for 6.5 s.", hold: SILENCE },
    () => ({ type: "blackhole", stream: "downstream" }),
  ),
  toxicFault(
    {
      name: "freeze-up",
      does: "Nobody reads what the client sends, for 10 s: buffers fill up.",
      hold: LONG_SILENCE,
    },
    () => ({ type: "freeze", stream: "upstream" }),
  ),
  toxicFault(
    {
      name: "freeze-down",
      does: "Nobody reads what the server sends, for 6.5 s: buffers fill up.",
      hold: SILENCE,
    },
    () => ({ type: "freeze", stream: "downstream" }),
  ),
  toxicFault(
    { name: "freeze-short", does: "Nobody reads, both ways, for 1.5 s.", hold: 1500, calm: true },
    () => ({ type: "freeze" }),
  ),
  {
    name: "slow-close",
    does: "The server is killed, and the client's end of the link learns of it 400 ms later.",
    group: "network",
    touches: "server",
    hold: 600,
    async inject(stage) {
      const { node } = stage;
      const toxic = node.proxy.addToxic({
        name: "slow-close",
        type: "slow_close",
        stream: "downstream",
        delay: 400,
      });
      await stage.kill(node);
      return async () => {
        toxic.remove();
        await stage.end(node, "kill");
        await stage.revive(node);
      };
    },
  },
  toxicFault(
    { name: "corrupt-up", does: "One of 20,000 bytes from the client is changed, for 500 ms.", hold: 500 },
    () => ({ type: "corrupt", stream: "upstream", every: 20_000 }),
  ),
  toxicFault(
    { name: "corrupt-down", does: "One of 20,000 bytes from the server is changed, for 500 ms.", hold: 500 },
    () => ({ type: "corrupt", stream: "downstream", every: 20_000 }),
  ),
];
