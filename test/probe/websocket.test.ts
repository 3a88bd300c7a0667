import { expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { FakeServer } from "../support/fake-server.js";
import { detail, look, way } from "./support/look.js";

const SHORT = { timeout: 300, deadline: 3000 };

it("a websocket is looked at as well [X2]", async () => {
  await using server = await NatsServer.start({
    websocket: true,
    jetstream: true,
    user: "me",
    pass: "s3cret",
  });
  const url = server.wsUrl!.replace("//", "//me:s3cret@");
  const options = { jetstream: true, payload: 500_000, publish: true };
  const report = await look(`${url}/path?key=s3cret`, options, ["s3cret"]);
  expect(way(report)).toBe("dns tcp info auth rtt payload jetstream");
  expect(report).toMatchObject({
    ok: true,
    scheme: "ws",
    payload: { published: true },
    jetstream: { ok: true },
  });
  expect(report.server).toBe(`${new URL(server.wsUrl!).host}/path`);
});

it.each<[string, string, string, RegExp]>([
  [
    "a page",
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "PROTOCOL_ERROR",
    /HTTP 200: is there a websocket/,
  ],
  [
    "a gateway without its server",
    "HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n",
    "CONNECTION_REFUSED",
    /HTTP 502/,
  ],
  [
    "one who wants headers",
    "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n",
    "AUTHORIZATION_VIOLATION",
    /websocket\.headers/,
  ],
  ["NATS without websocket", "INFO {}\r\n", "PROTOCOL_ERROR", /does not speak websocket/],
])("%s in the place of a websocket", async (_, answer, code, text) => {
  await using fake = await FakeServer.start(({ socket }) => socket.once("data", () => socket.write(answer)));
  const report = await look(fake.url.replace("nats:", "ws:"), SHORT);
  expect(way(report)).toBe("dns tcp -info");
  expect(report.cause).toMatchObject({ code });
  expect(detail(report, "info")).toMatch(text);
});

it("silence in the place of a websocket, or of its TLS", async () => {
  await using fake = await FakeServer.start(() => {});
  const ws = await look(fake.url.replace("nats:", "ws:"), SHORT);
  expect(ws).toMatchObject({ failed: "info", cause: { code: "TIMEOUT", kind: "stale" } });
  const wss = await look(fake.url.replace("nats:", "wss:"), SHORT);
  expect(wss).toMatchObject({
    failed: "tls",
    tls: { first: true, why: "timeout" },
    cause: { code: "TIMEOUT", kind: "tls" },
  });
});

it("headers that an option's function does not give", async () => {
  await using fake = await FakeServer.start(() => {});
  const headers = () => {
    throw new Error("no");
  };
  const report = await look(fake.url.replace("nats:", "ws:"), { ...SHORT, websocket: { headers } });
  expect(report).toMatchObject({ ok: false, cause: { code: "CALLBACK_FAILED" } });
});
