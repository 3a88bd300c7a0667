import dns from "node:dns";
import net, { type AddressInfo, type Server, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../core/address.js";
import { type PoolServer, ServerPool } from "../core/pool.js";
import { type Beside, DEFAULT_DIAL, type DialOptions, dial } from "./dial.js";

let listening: Server;
/** Where connections have come from. */
let peers: string[];
let port: number;

async function listen(host: string): Promise<void> {
  peers = [];
  listening = net.createServer((socket) => {
    peers.push(`${socket.remoteAddress}`);
    socket.on("error", () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => listening.listen(0, host, resolve));
  ({ port } = listening.address() as AddressInfo);
}
beforeEach(() => listen("0.0.0.0"));
afterEach(() => {
  vi.restoreAllMocks();
  listening.close();
});

/** A server of a pool, at the port that is listened on. */
const serverAt = (host: string): PoolServer =>
  new ServerPool([parseAddress(`${host}:${port}`)], undefined).all[0];

/** Makes names lead to these addresses; asks nobody. */
function resolveTo(...addresses: string[]): string[] {
  const asked: string[] = [];
  vi.spyOn(dns, "lookup").mockImplementation(((
    host: string,
    options: dns.LookupOptions,
    done: CallableFunction,
  ) => {
    asked.push(host);
    const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
    if (found.length === 0)
      process.nextTick(done, Object.assign(new Error("none"), { code: "ENOTFOUND" }), []);
    else if (options.all === true) process.nextTick(done, null, found);
    else process.nextTick(done, null, found[0].address, found[0].family);
  }) as never);
  return asked;
}

/** The address at which a dial arrives; or the code of its error. */
async function reach(
  server: PoolServer,
  options: Partial<DialOptions> = {},
  beside?: Beside,
): Promise<string> {
  const socket = await dial(server, { ...DEFAULT_DIAL, ...options }, beside);
  return new Promise((resolve) => {
    const tell = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once("connect", () => tell(socket.remoteAddress!));
    socket.once("error", (error: NodeJS.ErrnoException) => tell(error.code!));
  });
}

describe("a name", () => {
  it("is resolved at every attempt", async () => {
    const asked = resolveTo("127.0.0.1");
    const server = serverAt("cluster");
    for (let i = 0; i < 3; i++) expect(await reach(server)).toBe("127.0.0.1");
    expect(asked).toEqual(["cluster", "cluster", "cluster"]);
  });

  it("is tried at every address that it has, IPv6 too, within one attempt", async () => {
    listening.close();
    await listen("127.0.0.3");
    resolveTo("127.0.0.1", "::1", "127.0.0.2", "127.0.0.3");
    expect(await reach(serverAt("cluster"))).toBe("127.0.0.3");
  });

  it("keeps the order of its addresses without randomisation [parity 9]", async () => {
    resolveTo("127.0.0.2", "127.0.0.1", "127.0.0.3");
    for (let i = 0; i < 3; i++) expect(await reach(serverAt("cluster"))).toBe("127.0.0.2");
  });

  it("has its addresses mixed with randomisation: clients spread over them [parity 8]", async () => {
    resolveTo("127.0.0.1", "127.0.0.2", "127.0.0.3");
    const ranks = [0.9, 0.5, 0.1, 0.9, 0.1, 0.5];
    const shuffle = () => ranks.shift()!;
    expect(await reach(serverAt("cluster"), { shuffle })).toBe("127.0.0.3");
    expect(await reach(serverAt("cluster"), { shuffle })).toBe("127.0.0.2");
    expect(ranks).toEqual([]);
  });

  it("goes to another of its addresses after the one that was reached last", async () => {
    resolveTo("127.0.0.1", "127.0.0.2");
    const server = serverAt("cluster");
    const reached: string[] = [];
    for (let i = 0; i < 4; i++) reached.push(await reach(server));
    expect(reached).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"]);
  });

  it("goes to each of its addresses before it comes back to one", async () => {
    resolveTo("127.0.0.1", "127.0.0.2", "127.0.0.3");
    const server = serverAt("cluster");
    const reached: string[] = [];
    for (let i = 0; i < 4; i++) reached.push(await reach(server));
    expect(reached).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"]);
  });

  it("leaves out addresses at which others wait, if there are any but these, and tells how many there are", async () => {
    resolveTo("127.0.0.1", "127.0.0.2");
    const told: number[] = [];
    const beside = (...avoid: string[]): Beside => ({ avoid, reached: (addresses) => told.push(addresses) });
    expect(await reach(serverAt("cluster"), {}, beside("127.0.0.1"))).toBe("127.0.0.2");
    expect(await reach(serverAt("cluster"), {}, beside("127.0.0.1", "127.0.0.2"))).toBe("127.0.0.1");
    expect(await reach(serverAt("cluster"), { resolve: false }, beside())).toBe("127.0.0.1");
    expect(await reach(serverAt("127.0.0.1"), {}, beside())).toBe("127.0.0.1");
    expect(told).toEqual([2, 2]);
  });

  it("is tried at the first address alone with resolve: false", async () => {
    listening.close();
    await listen("127.0.0.3");
    resolveTo("127.0.0.2", "127.0.0.3");
    const ranks = [0.9, 0.1];
    for (const shuffle of [undefined, () => ranks.shift()!]) {
      expect(await reach(serverAt("cluster"), { resolve: false, shuffle })).toBe("ECONNREFUSED");
    }
  });

  it("without an address, or without one that answers, is an error of the attempt", async () => {
    listening.close();
    resolveTo();
    expect(await reach(serverAt("cluster"))).toBe("ENOTFOUND");
    vi.restoreAllMocks();
    resolveTo("127.0.0.1", "127.0.0.2");
    expect(await reach(serverAt("cluster"))).toBe("ECONNREFUSED");
  });
});

describe("the local side", () => {
  it("is bound to the address and port that were asked for [parity 28]", async () => {
    resolveTo("::1", "127.0.0.1");
    expect(await reach(serverAt("127.0.0.1"), { localAddress: "127.0.0.9" })).toBe("127.0.0.1");
    // Of a name only the addresses of its own family can be reached.
    vi.mocked(dns.lookup).mockImplementation(((
      _: string,
      options: dns.LookupOptions,
      done: CallableFunction,
    ) => {
      expect(options.family).toBe(4);
      process.nextTick(done, null, [{ address: "127.0.0.1", family: 4 }]);
    }) as never);
    expect(await reach(serverAt("cluster"), { localAddress: "127.0.0.9" })).toBe("127.0.0.1");
    expect(peers).toEqual(["127.0.0.9", "127.0.0.9"]);
  });

  it("that is not this host's is an error of the attempt", async () => {
    expect(await reach(serverAt("127.0.0.1"), { localAddress: "192.0.2.1" })).toBe("EADDRNOTAVAIL");
  });
});

describe("the socket", () => {
  const asked = (options: Partial<DialOptions> = {}) => {
    const connect = vi.spyOn(net, "connect");
    (dial(serverAt("127.0.0.1"), { ...DEFAULT_DIAL, ...options }) as Socket).on("error", () => {}).destroy();
    return connect.mock.calls[0][0] as unknown as net.TcpNetConnectOpts & net.TcpSocketConnectOpts;
  };

  it("sends at once, and is kept alive after 30 s of silence", () => {
    expect(asked()).toMatchObject({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
  });

  it("is as was asked for", () => {
    expect(asked({ noDelay: false, keepAlive: undefined })).toMatchObject({
      noDelay: false,
      keepAlive: false,
    });
    vi.restoreAllMocks();
    expect(asked({ keepAlive: 5 })).toMatchObject({ keepAlive: true, keepAliveInitialDelay: 5 });
  });
});

/** A promise of another library. */
class Later {
  // biome-ignore lint/suspicious/noThenProperty: it is what makes it one
  then(done: (value: unknown) => void): void {
    done("nats://h");
  }
}

describe("a dialer of the user's own", () => {
  const by = async (dialer: (server: PoolServer) => unknown) =>
    dial(serverAt("127.0.0.1"), { ...DEFAULT_DIAL, dialer });
  const closed = () => new Socket().destroy();

  it("gets the server, and its socket is taken, now or later [parity 12]", async () => {
    const seen: string[] = [];
    const dialer = (server: PoolServer) => {
      seen.push(server.address.listen);
      return net.connect(server.address.port, server.address.hostname);
    };
    const sockets = [await by(dialer), await by(async (server) => dialer(server))];
    expect(seen).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
    for (const socket of sockets) socket.destroy();
  });

  it.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /returned undefined/],
    ["null", () => null, /returned null/],
    ["a promise of nothing", async () => {}, /returned undefined/],
    ["a thenable of a URL", () => new Later(), /returned string/],
    ["a URL", () => "nats://h", /returned string/],
    ["an object", () => ({ write() {} }), /returned object/],
    ["a socket that is closed", closed, /a socket that is closed/],
    ["a promise of one", async () => closed(), /a socket that is closed/],
  ])("that returns %s is refused by name", async (_, dialer, text) => {
    const error = await by(dialer).catch((failure) => failure);
    expect(error).toMatchObject({ code: "CALLBACK_FAILED", detail: { option: "dialer" } });
    expect(error.message).toMatch(text);
    expect(error.message).toContain('option "dialer"');
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no way");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no way"))],
  ])("that %s fails the attempt with what it said", async (_, dialer) => {
    const error = await by(dialer).catch((failure) => failure);
    expect(error).toMatchObject({ code: "CONNECTION_LOST", message: "no way" });
    expect(error.cause).toBeInstanceOf(Error);
  });
});
