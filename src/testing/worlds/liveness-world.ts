import { parseAddress } from "../../core/address.js";
import { Link, type LinkOwner } from "../../core/link.js";
import { Liveness, type LivenessOptions } from "../../core/liveness.js";
import { ServerPool } from "../../core/pool.js";
import { Timers } from "../../core/timers.js";

const OWNER: LinkOwner = {
  onInfo() {},
  onPong() {},
  onSurplusPong() {},
  onServerError() {},
  messages: { onMessage() {} },
};
const DEFAULTS: LivenessOptions = {
  pingInterval: 20_000,
  maxPingOut: 2,
  stallTimeout: 5000,
  flusherTimeout: 60_000,
};
/** A link that is only watched: what comes in and goes out is in the test's hands. */
export function livenessWorld(options: Partial<LivenessOptions> = {}, late = 0) {
  const [server] = new ServerPool([parseAddress("a")], undefined).all;
  const link = new Link(1, server, OWNER, 0);
  const timers = new Timers();
  /** When the send queue was looked at. */
  const looks: number[] = [];
  /** What a look finds: bytes that have arrived at the other end; undefined: it cannot be known here. */
  const way: { arrived: number | undefined } = { arrived: undefined };
  let now = 0;
  const effect = () => {
    looks.push(now);
    const { arrived } = way;
    if (arrived !== undefined) liveness.seen(link, arrived, link.sent - arrived, now);
  };
  const liveness = new Liveness({ ...DEFAULTS, ...options }, timers, { effect });
  liveness.begin(0);
  /** Lets time pass from deadline to deadline; returns when the link was found dead, and why. */
  const until = (end: number, at: (now: number) => void = () => {}) => {
    while (timers.next <= end) {
      now = timers.next + late;
      at(now);
      const dead = liveness.check(link, now);
      if (dead !== undefined) return { now, code: dead.code };
      liveness.settle(link, now);
    }
    return undefined;
  };
  /** Writes `bytes`, of which the kernel takes all, and a PING behind them. */
  const write = (bytes: number, at: number) => {
    if (link.inFlight === 0 && link.pingsInFlight === 0) link.waitingSince = at;
    link.handOver(bytes, at);
    link.sendPing(at);
    link.written(bytes, false, at);
    liveness.settle(link, at);
  };
  /** Lets time pass while so many bytes arrive with each look. */
  const trickle = (bytes: number, end = 1e6) => {
    way.arrived = 0;
    return until(end, () => {
      way.arrived = Math.min(link.sent, way.arrived! + bytes);
    });
  };
  return { link, timers, liveness, looks, way, until, trickle, write };
}
