import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort, highestPort, LOWEST, releasePort } from "./ports.js";

/** Lets {@link freePort} try these ports, in this order. */
function offer(...ports: number[]): void {
  const random = vi.spyOn(Math, "random");
  const spread = highestPort() - LOWEST + 1;
  for (const port of ports) random.mockReturnValueOnce((port - LOWEST + 0.5) / spread);
}

/** A port that nobody has. */
async function unused(): Promise<number> {
  const port = await freePort("127.0.0.1");
  releasePort(port);
  return port;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a free port", () => {
  it("is not one that another process was given, as long as that lives", async () => {
    const [theirs, other] = [await unused(), await unused()];
    // What the other process has to show for it.
    const keeper = createSocket("udp4");
    keeper.bind({ address: "127.0.0.1", port: theirs, exclusive: true });
    await once(keeper, "listening");
    offer(theirs, other);
    expect(await freePort("127.0.0.1")).toBe(other);
    releasePort(other);
    keeper.close();
    offer(theirs);
    expect(await freePort("127.0.0.1")).toBe(theirs);
    releasePort(theirs);
  });

  it("is seen by other processes until it is released", async () => {
    const port = await freePort("127.0.0.1");
    const bound = async () => {
      const socket = createSocket("udp4");
      socket.bind({ address: "127.0.0.1", port, exclusive: true });
      await once(socket, "listening").finally(() => socket.close());
    };
    await expect(bound()).rejects.toMatchObject({ code: "EADDRINUSE" });
    releasePort(port);
    await bound();
  });

  it("is not one that was given before, or that somebody listens on", async () => {
    const [given, other] = [await freePort("127.0.0.1"), await unused()];
    const server = createServer().listen(await unused(), "127.0.0.1");
    await once(server, "listening");
    const { port: taken } = server.address() as { port: number };
    offer(given, taken, other);
    expect(await freePort("127.0.0.1")).toBe(other);
    server.close();
    // What was tried in vain is not kept.
    offer(taken);
    expect(await freePort("127.0.0.1")).toBe(taken);
    for (const port of [given, other, taken]) releasePort(port);
  });

  it("leaves nothing behind when the host cannot be listened on", async () => {
    const port = await unused();
    offer(port);
    await expect(freePort("192.0.2.1")).rejects.toMatchObject({ code: "INVALID_OPTION", option: "host" });
    offer(port);
    expect(await freePort("127.0.0.1")).toBe(port);
    releasePort(port);
  });
});
