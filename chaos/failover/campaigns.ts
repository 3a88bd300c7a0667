import type { Cleanup } from "../../demo/cleanup.js";
import { type Kill, runKills } from "./kills.js";
import { type Move, runMoves } from "./moves.js";
import type { FailoverOptions } from "./options.js";
import { type Restart, runRolling } from "./rolling.js";
import type { Campaign } from "./verdict.js";

/** Restarts and moves of nats.js: a restart takes half a minute with a client that stays until it is sent away. */
const PEER = { restarts: 2, moves: 24 };

/** Who wants to know how it goes. */
export interface CampaignListener {
  began(title: string): void;
  restarted(restart: Restart): void;
  moved(move: Move): void;
  killed(kill: Kill): void;
  ended(campaign: Campaign): void;
}

/** Runs what was asked for, one after the other. */
export async function runCampaigns(
  { restarts, moves, kills, rate, peer }: FailoverOptions,
  listener: CampaignListener,
  cleanup: Cleanup,
): Promise<Campaign[]> {
  const keep = (name: string, close: () => Promise<void>) => void cleanup.add(name, close);
  const campaigns: Campaign[] = [];
  const done = (campaign: Campaign) => {
    campaigns.push(campaign);
    listener.ended(campaign);
  };
  if (restarts !== undefined) {
    const roll = async (client: "holdfast" | "natsjs", times: number) => {
      listener.began(`rolling restart, ${client}`);
      done(await runRolling({ client, restarts: times, rate }, keep, (result) => listener.restarted(result)));
    };
    await roll("holdfast", restarts);
    if (peer) await roll("natsjs", Math.min(PEER.restarts, restarts));
  }
  if (moves !== undefined) {
    const move = async (client: "holdfast" | "natsjs", times: number) => {
      listener.began(`moves by reconnect(), ${client}`);
      done(await runMoves({ client, moves: times, rate }, keep, (result) => listener.moved(result)));
    };
    await move("holdfast", moves);
    if (peer) await move("natsjs", Math.min(PEER.moves, moves));
  }
  if (kills !== undefined) {
    listener.began("kills of the connected node, both clients in turns");
    done(await runKills({ kills }, keep, (result) => listener.killed(result)));
  }
  return campaigns;
}
