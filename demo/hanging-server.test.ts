import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { HangingServer } from "./hanging-server.js";

const HOST = "127.0.0.1";

describe("a server that accepts and hangs", () => {
  it("accepts, says nothing whatever it is sent, and cuts everybody off in the end", async () => {
    const hanging = await HangingServer.listen(HOST, 0);
    const { port } = hanging;
    const socket = connect({ host: HOST, port });
    let heard = 0;
    socket.on("data", ({ length }) => {
      heard += length;
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    await new Promise<void>((resolve) => socket.write("CONNECT {}\r\nPING\r\n", () => resolve()));

    const closed = new Promise((resolve) => socket.on("close", resolve));
    await hanging.close();
    await closed;
    expect(heard).toBe(0);
    expect(hanging.accepted).toBe(1);

    const again = await HangingServer.listen(HOST, port);
    expect(again.port).toBe(port);
    await again.close();
  });

  it("waits for the port to become free", async () => {
    const holder = createServer().listen(0, HOST);
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const listening = HangingServer.listen(HOST, port);
    holder.close();
    const hanging = await listening;
    expect(hanging.port).toBe(port);
    await hanging.close();
  });

  it("gives up when it is told to", async () => {
    const holder = createServer().listen(0, HOST);
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    await expect(HangingServer.listen(HOST, port, AbortSignal.abort())).rejects.toThrow("aborted");
    holder.close();
  });
});
