import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../core/cause.js";
import { ServerTallies } from "./server-tallies.js";

function causeOf(kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause {
  return { kind, code, message: kind, evidence: [], advice: [], docs: "" };
}

describe("failures of a server", () => {
  const counted = (fill: (servers: ServerTallies) => void) => {
    const servers = new ServerTallies();
    fill(servers);
    const { failed = 0, failedOutages = 0 } = servers.all.get("b:1") ?? {};
    return { failed, failedOutages };
  };
  const fails = (servers: ServerTallies, server: string, outage: number, kind: CauseKind = "network") =>
    servers.failed(server, causeOf(kind), outage, false);

  it("count while others take the connection", () => {
    const found = counted((servers) => {
      for (let outage = 1; outage <= 3; outage++) {
        fails(servers, "b:1", outage);
        fails(servers, "b:1", outage);
        servers.stands("a:1", outage);
      }
    });
    expect(found).toEqual({ failed: 6, failedOutages: 3 });
  });

  it("do not count where the one that took it had failed alike before: it was all of them, or this host", () => {
    const found = counted((servers) => {
      for (let outage = 1; outage <= 3; outage++) {
        for (const server of ["a:1", "b:1", "a:1", "b:1"]) fails(servers, server, outage);
        servers.stands("a:1", outage);
        // A move: what is acquitted is acquitted once.
        servers.stands("a:1", outage);
      }
    });
    expect(found).toEqual({ failed: 0, failedOutages: 0 });
  });

  it("count where it had failed in another way, or in another outage", () => {
    const found = counted((servers) => {
      fails(servers, "a:1", 1);
      fails(servers, "b:1", 1, "tls");
      servers.stands("a:1", 1);
      fails(servers, "c:1", 2);
      fails(servers, "b:1", 2);
      servers.stands("a:1", 2);
      fails(servers, "b:1", 3);
      servers.stands("c:1", 3);
    });
    expect(found).toEqual({ failed: 3, failedOutages: 3 });
  });

  it("that are this process's own do not count", () => {
    const found = counted((servers) => {
      servers.failed("b:1", causeOf("client", "CALLBACK_FAILED"), 1, false);
      servers.failed("b:1", causeOf("local-stall", "TIMEOUT"), 2, false);
      servers.failed("b:1", causeOf("authentication", "AUTHENTICATOR_FAILED"), 3, false);
      servers.failed("b:1", causeOf("authentication", "AUTHORIZATION_VIOLATION"), 3, false);
    });
    expect(found).toEqual({ failed: 1, failedOutages: 1 });
  });

  it("are forgotten when a link stands there", () => {
    const found = counted((servers) => {
      fails(servers, "b:1", 1);
      fails(servers, "b:1", 2);
      servers.stands("b:1", 2);
      fails(servers, "b:1", 3);
    });
    expect(found).toEqual({ failed: 1, failedOutages: 1 });
  });
});
