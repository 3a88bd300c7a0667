import { createServer, connect as dial, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { findQueued, queuedBytes } from "./send-queue.js";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (local: string, remote: string, tx: string) =>
  `   0: ${local} ${remote} 01 ${tx}:00000000 00:00000000 00000000  1000        0 1 1 0 20 4 30 10 -1\n`;

describe("the list of /proc/net/tcp", () => {
  it("tells what waits to be acknowledged", () => {
    const table =
      HEADER +
      row("0100007F:0050", "0100007F:1F90", "00000007") +
      row("0100007F:C350", "0100007F:107E", "0001F4A0");
    expect(findQueued(table, 0xc350, 0x107e)).toBe(0x1f4a0);
  });

  it.each([
    ["the connection is not in it", HEADER + row("0100007F:0050", "0100007F:1F90", "00000007")],
    ["it is empty", ""],
    ["it is garbage", "what\n is this\n:::: :::: ::::"],
    [
      "two could be meant",
      row("0100007F:C350", "0100007F:107E", "00000001") + row("0200007F:C350", "0100007F:107E", "00000002"),
    ],
    ["the queue is no number", row("0100007F:C350", "0100007F:107E", "zzzzzzzz")],
  ])("says nothing when %s", (_, table) => {
    expect(findQueued(table, 0xc350, 0x107e)).toBeUndefined();
  });
});

describe.runIf(process.platform === "linux")("a real socket", () => {
  it.each(["127.0.0.1", "::1"])("tells what its peer at %s does not read", async (host) => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket.pause()));
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const socket = dial((server.address() as { port: number }).port, host);
    await new Promise((resolve) => socket.once("connect", resolve));
    expect(queuedBytes(socket)).toBe(0);
    socket.write(Buffer.alloc(32 * 1024 * 1024));
    await expect.poll(() => queuedBytes(socket), { timeout: 10_000 }).toBeGreaterThan(10_000);
    socket.destroy();
    for (const one of accepted) one.destroy();
    server.close();
  });

  it("says nothing of a socket that is not connected", async () => {
    const socket = dial(1, "127.0.0.1");
    socket.on("error", () => {});
    socket.destroy();
    expect(queuedBytes(socket)).toBeUndefined();
  });
});
