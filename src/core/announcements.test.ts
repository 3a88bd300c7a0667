import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { parseAddress } from "./address.js";
import { Announcements } from "./announcements.js";
import type { EngineEvent } from "./events.js";
import { Link, type LinkOwner } from "./link.js";
import { ServerPool } from "./pool.js";
import { Place } from "./standing.js";

function world(options: Partial<typeof OPTIONS> = {}) {
  const pool = new ServerPool([parseAddress("a")], undefined);
  const [server] = pool.all;
  const told: string[] = [];
  const announcements = new Announcements({ ...OPTIONS, ...options }, pool, {
    emit: (event: EngineEvent) =>
      told.push(event.type === "update" ? `update +${event.added} -${event.deleted}` : event.type),
    onServerInfo: (info) => told.push(`takes ${info.max_payload}`),
    serversChanged: () => told.push("servers changed"),
    lameDuck: () => told.push("shuts down"),
  });
  const link = new Link(1, server, {} as LinkOwner, 0);
  const info = (fields: object) => JSON.stringify({ max_payload: 100, ...fields });
  const servers = () => pool.all.map(({ address }) => address.listen);
  return { announcements, link, told, info, servers };
}

describe("the first INFO of a link", () => {
  it("says whether TLS comes next, and is no news before the link is used", () => {
    const { announcements, link, told, info } = world();
    expect(announcements.greeted(link, info({}))).toBe(false);
    expect(announcements.greeted(link, info({ tls_required: true }))).toBe(true);
    expect(link.info?.max_payload).toBe(100);
    expect([told, announcements.info]).toEqual([[], undefined]);
    announcements.adopt(link);
    expect(told).toEqual(["takes 100", "serverInfo"]);
    expect(announcements.info).toBe(link.info);
  });

  it("names other servers, which count when the link can be trusted", () => {
    const { announcements, link, told, info, servers } = world();
    announcements.greeted(link, info({ connect_urls: ["b:4222"] }));
    expect(servers()).toEqual(["a:4222"]);
    announcements.trusted(link);
    expect(servers()).toEqual(["a:4222", "b:4222"]);
    expect(told).toEqual(["update +b:4222 -", "servers changed"]);
    announcements.trusted(link);
    expect(told).toHaveLength(2);
  });

  it("is kept for the server when the link can be trusted, also that it shuts down", () => {
    const { announcements, link, info } = world();
    link.lastInbound = 5000;
    announcements.greeted(link, info({ ldm: true }));
    expect(link.server.info).toBeUndefined();
    announcements.trusted(link);
    expect(link.server.info).toBe(link.info);
    expect(link.server.standing.place(5000)).toBe(Place.doubtful);
    announcements.changed(link, info({}), false);
    expect(link.server.info).toBe(link.info);
    expect(link.server.standing.place(5000)).toBe(Place.well);
  });

  it("that is none ends the attempt", () => {
    const { announcements, link } = world();
    expect(() => announcements.greeted(link, "[]")).toThrow(/not a JSON object/);
  });
});

describe("a later INFO", () => {
  it("counts for the link that is used, and only its servers for another one", () => {
    const { announcements, link, told, info } = world();
    announcements.changed(link, info({ connect_urls: ["b:4222"], ldm: true }), false);
    expect(told).toEqual(["update +b:4222 -", "servers changed"]);
    announcements.changed(link, info({ connect_urls: ["c:4222"], max_payload: 7 }), true);
    expect(told.slice(2)).toEqual(["update +c:4222 -b:4222", "servers changed", "takes 7", "serverInfo"]);
  });

  it("tells of lame duck mode once a link, however often the server says it", () => {
    const { announcements, link, told, info } = world();
    for (let i = 0; i < 3; i++) announcements.changed(link, info({ ldm: true }), true);
    expect(told.filter((word) => word === "lameDuck")).toHaveLength(1);
    expect(link.lameDuck).toBe(true);
  });

  it("changes no list of servers where that is not wanted", () => {
    const { announcements, link, told, info, servers } = world({ ignoreClusterUpdates: true });
    announcements.changed(link, info({ connect_urls: ["b:4222"] }), false);
    announcements.trusted(link);
    expect(servers()).toEqual(["a:4222"]);
    expect(told).toEqual([]);
  });
});
