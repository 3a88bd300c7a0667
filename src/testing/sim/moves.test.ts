import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../core/events.js";
import { brokenBy } from "./broken-by.js";
import { Flows } from "./flows.js";
import { Scene } from "./scene.js";
import { inside } from "./spoil.js";

/** A client in a cluster in which others publish all the time. */
class Move {
  readonly scene = new Scene({ servers: 3 });
  readonly events: EngineEvent[] = [];
  private readonly flows: Flows;

  constructor(spikes = 0) {
    const { scene } = this;
    scene.app.event = (event) => this.events.push(event);
    Object.assign(scene.cluster.routes.conditions, { spikes, spike: 20 });
    scene.connect();
    const { client, world, cluster } = scene;
    this.flows = new Flows(world, cluster, client.delivery, 2);
    scene.do(() => {
      client.subscribe("ext.>", undefined, undefined);
      client.subscribe("ext.*", "q1", undefined);
    });
    this.flows.begin();
    scene.pass(200);
  }

  told(type: EngineEvent["type"]): EngineEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** How long the client has been told to have moved, or to have been without a link. */
  until(type: EngineEvent["type"]): this {
    this.scene.until(() => this.told(type).length > 0);
    return this;
  }

  end(): void {
    const { scene, flows } = this;
    scene.pass(200);
    flows.end();
    scene.pass(100).rest().end();
    expect(scene.client.delivery.owed).toBeGreaterThan(100);
  }
}

describe("a planned move", () => {
  it("because the application wants another server brings everything once", () => {
    const move = new Move();
    const { client } = move.scene;
    move.scene.do(() => client.reconnect());
    move.until("move");
    expect(move.told("disconnect")).toEqual([]);
    expect(move.told("move")).toMatchObject([{ reason: "reconnect" }]);
    move.end();
  });

  it("because the server shuts down is made before it lets go of us", () => {
    const move = new Move();
    const { cluster } = move.scene;
    const lame = cluster.servers.find((server) => server.peers.size > 0)!;
    lame.enterLameDuck();
    move.until("move");
    lame.stop();
    expect(move.told("disconnect")).toEqual([]);
    expect(move.told("move")).toMatchObject([{ reason: "lame-duck", from: lame.address }]);
    move.end();
  });

  it("because the server is in the list no more leads to one that is", () => {
    const move = new Move();
    const { client, cluster } = move.scene;
    const [other] = cluster.servers.filter((server) => server.peers.size === 0);
    move.scene.do(() => client.setServers([other.address]));
    move.until("move");
    expect(move.told("move")).toMatchObject([{ reason: "servers", to: other.address }]);
    move.end();
  });

  it("that the account does not allow leaves the server first", () => {
    const move = new Move();
    const { client, cluster } = move.scene;
    cluster.oneEach = true;
    move.scene.do(() => client.reconnect());
    move.until("reconnect");
    expect(move.told("move")).toEqual([]);
    expect(move.told("disconnect")).toHaveLength(1);
    move.end();
  });

  const moments = [1, 3, 6, 10, 30, 60, 90, 120, 130, 160, 200, 250];

  it.each(moments)("may lose its old link %d ms after its beginning", (ms) => {
    const move = new Move();
    const old = move.scene.wire;
    move.scene.do(() => move.scene.client.reconnect());
    move.scene.pass(ms);
    old.lose();
    move.scene.back();
    move.end();
  });

  it.each(moments)("may lose its new link %d ms after its beginning", (ms) => {
    const move = new Move();
    const { network, client } = move.scene;
    const { epoch } = move.scene.wire;
    move.scene.do(() => client.reconnect());
    move.scene.pass(ms);
    network.wires.find((wire) => wire.epoch > epoch && !wire.over)?.lose();
    move.scene.back();
    move.end();
  });
});

describe("the rules of deliveries", () => {
  it("notice what is lost when the new link is taken before other servers know of it", () => {
    const hasty = () => {
      const move = new Move(1);
      const { client } = move.scene;
      const { moves } = client.engine.session;
      client.profile.options.move.settle = 0;
      // What comes twice does not matter here.
      client.delivery.hear = ({ got }, mark) => got.set(mark, 1);
      const joins = moves.joins.bind(moves);
      moves.joins = (to) => {
        joins(to);
        const handover = inside<{ proven(factor: number): void; confirm(): void }>(moves, "handover");
        const proven = handover.proven.bind(handover);
        handover.proven = (factor) => {
          proven(factor);
          handover.confirm();
        };
      };
      for (let i = 1; i <= 20; i++) {
        move.scene.do(() => client.reconnect());
        move.scene.until(() => move.told("move").length === i);
      }
      move.end();
    };
    expect(brokenBy(hasty)).toBe("not-delivered");
  });
});
