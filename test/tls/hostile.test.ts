import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { CertificateAuthority, type IssuedCertificate } from "../../src/testing/certificates/authority.js";
import { rejection } from "../support/until.js";

let authority: CertificateAuthority;
let pair: IssuedCertificate;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  pair = await authority.issue();
});
afterAll(() => authority.close());

const INFO = `INFO ${JSON.stringify({ server_id: "X", version: "2.15.1", max_payload: 1024, proto: 1, tls_required: true })}\r\n`;

/** A server that does to each connection what it is told. */
async function serve(behave: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

/** Puts TLS upon a socket, on the side of the server. */
function upgrade(socket: Socket): TLSSocket {
  const tls = new TLSSocket(socket, { isServer: true, cert: pair.cert, key: pair.key });
  tls.on("error", () => {});
  return tls;
}

async function attempt(
  behave: (socket: Socket) => void,
  { timeout = 10_000, ...tls }: { timeout?: number; handshakeFirst?: boolean } = {},
): Promise<Error & { code: string }> {
  const { server, port } = await serve(behave);
  try {
    const options = { servers: `me:s3cret@127.0.0.1:${port}`, tls: { ca: authority.cert, ...tls } };
    return await rejection(connect({ ...options, timeout }));
  } finally {
    server.close();
  }
}

describe("behind an INFO that leads to TLS", () => {
  it.each(["MSG a 1 4\r\nfake\r\n", "PING\r\n", 'INFO {"tls_required":false}\r\n'])(
    "%j in plain text ends the attempt, and nothing is said",
    async (text) => {
      let said = "";
      const error = await attempt((socket) => {
        socket.on("data", (buf) => {
          said += buf.toString("latin1");
        });
        socket.write(INFO + text);
      });
      expect(error.code).toBe("PROTOCOL_ERROR");
      expect(said).not.toContain("s3cret");
    },
  );

  it("credentials are never said in plain text, although the server takes the TLS demand back", async () => {
    let said = "";
    const error = await attempt((socket) => {
      socket.on("data", (buf) => {
        said += buf.toString("latin1");
      });
      socket.write('INFO {"server_id":"X","tls_required":false}\r\n');
    });
    expect(error.code).toBe("TLS_UNAVAILABLE");
    expect(said).toBe("");
  });
});

describe("a TLS handshake", () => {
  it.each([
    ["answered with an end", (socket: Socket) => socket.once("data", () => socket.end())],
    ["answered with a reset", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy())],
    [
      "answered with nonsense",
      (socket: Socket) => socket.once("data", () => socket.write("HTTP/1.1 400\r\n\r\n")),
    ],
  ])("that is %s is told as TLS's failure [parity 155]", async (_what, behave) => {
    const error = await attempt((socket) => {
      socket.write(INFO);
      behave(socket);
    });
    expect(error.code).toBe("TLS_FAILED");
  });

  it.each([
    ["an end", (tls: TLSSocket, _socket: Socket) => tls.end()],
    ["a reset", (_tls: TLSSocket, socket: Socket) => socket.resetAndDestroy()],
  ])("with %s right behind it is told as TLS's failure, in both orders [parity 155]", async (_what, end) => {
    for (const handshakeFirst of [false, true]) {
      const error = await attempt(
        (socket) => {
          if (!handshakeFirst) socket.write(INFO);
          const tls = upgrade(socket);
          tls.once("secure", () => setImmediate(() => end(tls, socket)));
        },
        { handshakeFirst },
      );
      expect(error.code).toBe("TLS_FAILED");
    }
  });

  it("that is never finished is given up with the attempt", async () => {
    const error = await attempt(
      (socket) => {
        socket.write(INFO);
        socket.resume();
      },
      { timeout: 700 },
    );
    expect(error).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("TLS handshake") });
  });
});
