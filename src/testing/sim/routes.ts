import type { Broker } from "../broker/broker.js";
import { type Match, Sublist, type Subscription } from "../broker/sublist.js";
import type { Random } from "../random.js";
import type { World } from "./world.js";

/** What the routes of a cluster are like. */
export interface RouteConditions {
  /** ms that everything takes from one server to another: they are in different places. */
  distance: number;
  /** Longest time in ms that something usually takes beyond that. */
  delay: number;
  /** How likely something takes longer, and how long beyond the distance at most, ms. */
  spikes: number;
  spike: number;
  /** Longest time in ms until a server that has come up has its routes. */
  setup: number;
}

/** A way from one server to another. */
interface Route {
  isOpen: boolean;
  /** When it was opened and closed, by turns. */
  readonly changes: number[];
  /** Grows when what is on its way is lost. */
  generation: number;
  /** When the last thing sent arrives. */
  arrival: number;
  /** What its end knows of the subscriptions at its beginning. */
  interest: Sublist;
  readonly copies: Map<Subscription, Subscription>;
}

/**
 * The routes between servers: TCP connections, of which each carries messages and what is subscribed in one order. What a client
 * subscribes on one server the others know a little later (nats-server: `RS+` behind everything that the route holds already).
 */
export class Routes<Server extends Broker> {
  readonly conditions: RouteConditions = { distance: 0, delay: 2, spikes: 0, spike: 0, setup: 0 };
  private readonly world: World;
  private readonly luck: Random;
  /** Interest and what makes it late have luck of their own. */
  private readonly more: Random;
  private readonly routes = new Map<Server, Map<Server, Route>>();
  private readonly subs = new Map<Server, Set<Subscription>>();

  constructor(world: World, luck: Random) {
    this.world = world;
    this.luck = luck;
    this.more = luck.fork(17);
  }

  /** One more server; it has its routes at once. */
  add(server: Server): void {
    const own = new Map<Server, Route>();
    this.subs.set(server, new Set());
    for (const [other, routes] of this.routes) {
      own.set(other, newRoute());
      routes.set(server, newRoute());
    }
    this.routes.set(server, own);
  }

  isOpen(from: Server, to: Server): boolean {
    return this.routes.get(from)!.get(to)!.isOpen;
  }

  /** Whether the routes between two servers were open from `from` on, and still were at `to`, in virtual ms. */
  wasOpen(one: Server, other: Server, from: number, to: number): boolean {
    if (one === other) return true;
    const { changes } = this.routes.get(one)!.get(other)!;
    // Opened, closed, opened, …: as they were at `from`, and no change from there to `to`.
    let at = 0;
    while (at < changes.length && changes[at] <= from) at++;
    return at % 2 === 1 && (at === changes.length || changes[at] > to);
  }

  /** What `by` knows of the subscriptions at `of`. */
  known(by: Server, of: Server, subject: string): Match {
    return this.routes.get(of)!.get(by)!.interest.match(subject);
  }

  subscribed(server: Server, sub: Subscription): void {
    this.subs.get(server)!.add(sub);
    for (const [to, route] of this.routes.get(server)!) if (route.isOpen) this.tell(server, to, sub);
  }

  unsubscribed(server: Server, sub: Subscription): void {
    if (!this.subs.get(server)!.delete(sub)) return;
    for (const [to, route] of this.routes.get(server)!) {
      if (!route.isOpen) continue;
      this.send(server, to, this.more, () => {
        const copy = route.copies.get(sub);
        if (copy === undefined) return;
        route.copies.delete(sub);
        route.interest.remove(copy);
      });
    }
  }

  /** A message goes from one server to another. */
  carry(from: Server, to: Server, arrive: () => void, lost: () => void): void {
    this.send(from, to, this.luck, arrive, lost);
  }

  /**
   * A server has no routes any more.
   *
   * @param inOrder what it had sent still arrives
   */
  close(server: Server, inOrder: boolean): void {
    for (const [other, route] of this.routes.get(server)!) {
      for (const one of [route, this.routes.get(other)!.get(server)!]) {
        if (!inOrder) one.generation++;
        if (one.isOpen) one.changes.push(this.world.now);
        one.isOpen = false;
        one.interest = new Sublist();
        one.copies.clear();
      }
    }
  }

  /** A server can be reached by the others: its routes to those who are up come back in a while. */
  open(server: Server, isReachable: (other: Server) => boolean): void {
    for (const [other, there] of this.routes.get(server)!) {
      const back = this.routes.get(other)!.get(server)!;
      const { generation } = there;
      const connect = () => {
        if (there.isOpen || there.generation !== generation || !isReachable(other)) return;
        this.connect(server, other, there);
        this.connect(other, server, back);
      };
      const { setup } = this.conditions;
      if (setup === 0) connect();
      else this.world.in(setup * this.more.float(), connect);
    }
  }

  private connect(from: Server, to: Server, route: Route): void {
    route.isOpen = true;
    route.changes.push(this.world.now);
    for (const sub of this.subs.get(from)!) this.tell(from, to, sub);
  }

  private tell(from: Server, to: Server, sub: Subscription): void {
    const route = this.routes.get(from)!.get(to)!;
    this.send(from, to, this.more, () => {
      const copy = { ...sub, ended: false };
      route.copies.set(sub, copy);
      route.interest.insert(copy);
    });
  }

  private send(from: Server, to: Server, luck: Random, arrive: () => void, lost = () => {}): void {
    const { now } = this.world;
    const route = this.routes.get(from)!.get(to)!;
    const { distance, delay, spikes, spike } = this.conditions;
    let takes = delay * luck.float();
    if (spikes > 0 && this.more.chance(spikes)) takes = this.more.between(1, spike);
    const at = Math.max(route.arrival, now + distance + takes);
    route.arrival = at;
    const { generation } = route;
    this.world.in(at - now, () => {
      if (route.generation === generation) arrive();
      else lost();
    });
  }
}

function newRoute(): Route {
  return {
    isOpen: true,
    changes: [Number.NEGATIVE_INFINITY],
    generation: 0,
    arrival: 0,
    interest: new Sublist(),
    copies: new Map(),
  };
}
