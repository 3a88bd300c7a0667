import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../core/address.js";
import { ServerPool } from "../core/pool.js";
import type { Server } from "../interop/nats-core.js";
import { DEFAULT_DIAL } from "../io/dial.js";
import { toDial } from "./dial-settings.js";
import type { ConnectionOptions } from "./options.js";

const random = () => 0.5;
const of = (options: ConnectionOptions = {}) => toDial(options, random);

describe("how sockets are made", () => {
  it("is by default: all addresses of a name, mixed, kept alive, without Nagle's delay", () => {
    expect(of()).toEqual({ ...DEFAULT_DIAL, shuffle: random });
    expect(DEFAULT_DIAL).toMatchObject({ resolve: true, keepAlive: 30_000, noDelay: true });
  });

  it.each<[ConnectionOptions, object]>([
    [{ noRandomize: true }, { shuffle: undefined }],
    [{ resolve: false }, { resolve: false }],
    [{ keepAlive: true }, { keepAlive: 30_000 }],
    [{ keepAlive: false }, { keepAlive: undefined }],
    [{ keepAlive: 5 }, { keepAlive: 5 }],
    [{ noDelay: false }, { noDelay: false }],
    [
      { localAddress: "127.0.0.9", localPort: 7 },
      { localAddress: "127.0.0.9", localPort: 7 },
    ],
  ])("is as %j says", (options, wanted) => {
    expect(of(options)).toEqual({ ...DEFAULT_DIAL, shuffle: random, ...wanted });
  });

  it("shows an own dialer the server without its credentials", () => {
    const seen: Server[] = [];
    const { dialer } = of({
      dialer: (server) => {
        seen.push(server);
        return {} as Socket;
      },
    });
    dialer?.(new ServerPool([parseAddress("me:secret@h:7")], undefined).all[0]);
    expect(seen).toMatchObject([{ hostname: "h", port: 7, listen: "h:7" }]);
    expect(JSON.stringify(seen)).not.toContain("secret");
  });
});
