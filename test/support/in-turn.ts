import net, { type Socket } from "node:net";
import type { Server } from "../../src/index.js";

/** PONGs of a server that make a link: for CONNECT, and behind the subscriptions. */
const HANDSHAKE = 2;

/**
 * Option `dialer`: one server after the other, the next when the attempt at the one before has failed, however long that takes.
 * Without it the next one is dialled beside the first after a head start, and which of them is taken is a matter of how busy this
 * machine is. Not for servers that hang.
 */
export function inTurn(): (server: Server) => Promise<Socket> {
  let busy = false;
  let waiting: (() => void)[] = [];
  const over = (isLink: boolean) => {
    busy = false;
    // Those that were to be dialled beside a link that stands now are not wanted any more.
    if (isLink) waiting = [];
    else waiting.shift()?.();
  };
  return async ({ hostname, port }) => {
    while (busy) await new Promise<void>((resolve) => waiting.push(resolve));
    busy = true;
    const socket = net.connect({ host: hostname, port, noDelay: true });
    let received = "";
    const end = (isLink: boolean) => {
      socket.off("data", look).off("close", fail);
      over(isLink);
    };
    const look = (data: Buffer) => {
      received += data.toString("latin1");
      if (received.split("PONG\r\n").length > HANDSHAKE) end(true);
    };
    const fail = () => end(false);
    return socket.on("data", look).on("close", fail);
  };
}
