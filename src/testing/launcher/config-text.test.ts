import { describe, expect, it } from "vitest";
import { configText } from "./config-text.js";
import type { CheckedServerOptions } from "./options.js";

const PORTS = { client: 4222, cluster: 6222, websocket: 8080 };
const FILES = { certFile: "/c.pem", keyFile: "/k.pem", caFile: "/ca.pem", authority: undefined, client: {} };

/** What stands after name, host and port. */
function config(options: CheckedServerOptions): string[] {
  const lines = configText("n", "127.0.0.1", PORTS, "/dir", options, FILES).trimEnd().split("\n");
  return lines.slice(3).map((line) => line.trim());
}

const TLS = ["tls {", 'cert_file: "/c.pem"', 'key_file: "/k.pem"'];
const WEBSOCKET = ["websocket {", 'host: "127.0.0.1"', "port: 8080"];

describe("the configuration of", () => {
  it("a plain server has neither TLS nor WebSockets", () => expect(config({})).toEqual([]));

  it.each<[string, NonNullable<CheckedServerOptions["tls"]>, string[]]>([
    ["TLS", {}, ["}"]],
    ["TLS that is not required", { required: false }, ["}", "allow_non_tls: true"]],
    ["a handshake that comes first", { handshakeFirst: true }, ["handshake_first: true", "}"]],
    ["a handshake that may come first", { handshakeFirst: "auto" }, ["handshake_first: auto", "}"]],
    ["the time for a handshake, in seconds", { timeout: 1500 }, ["timeout: 1.5", "}"]],
    ["verified clients", { verify: true }, ['ca_file: "/ca.pem"', "verify: true", "}"]],
    ["mapped clients", { verify: "map" }, ['ca_file: "/ca.pem"', "verify_and_map: true", "}"]],
  ])("%s", (_, tls, more) => {
    expect(config({ tls })).toEqual([...TLS, ...more]);
  });

  it("WebSockets without and with TLS", () => {
    expect(config({ websocket: {} })).toEqual([...WEBSOCKET, "compression: false", "no_tls: true", "}"]);
    const websocket = { tls: true, compression: true };
    expect(config({ websocket })).toEqual([...WEBSOCKET, "compression: true", ...TLS, "}", "}"]);
    expect(config({ tls: { verify: true, handshakeFirst: true }, websocket })).toEqual([
      ...[...TLS, 'ca_file: "/ca.pem"', "verify: true", "handshake_first: true", "}"],
      ...[...WEBSOCKET, "compression: true", ...TLS, 'ca_file: "/ca.pem"', "verify: true", "}", "}"],
    ]);
  });

  it("routes has no TLS", () => {
    const lines = config({ tls: {}, cluster: { name: "c", routes: [] } });
    expect(lines.slice(lines.indexOf("cluster {"))).toEqual([
      ...["cluster {", 'name: "c"', 'host: "127.0.0.1"', "port: 6222", "routes: []", "}"],
    ]);
  });
});
