import { closeSync, openSync, readSync } from "node:fs";
import type { Socket } from "node:net";

/** One end of a connection as Linux lists it: the port alone, in hexadecimal. */
function portOf(end: string | undefined): number {
  return Number.parseInt(end?.slice(end.indexOf(":") + 1) ?? "", 16);
}

/**
 * Finds a connection in the text of `/proc/net/tcp`: bytes that its kernel has taken and the other end's has not
 * acknowledged. Undefined when it is not in the list, or more than one could be meant.
 */
export function findQueued(table: string, localPort: number, remotePort: number): number | undefined {
  let found: number | undefined;
  for (const line of table.split("\n")) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    if (portOf(local) !== localPort || portOf(remote) !== remotePort) continue;
    if (found !== undefined) return undefined;
    found = Number.parseInt(queues ?? "", 16);
  }
  return found === undefined || Number.isNaN(found) ? undefined : found;
}

/** What Node has of a stream underneath a socket; not documented, but the same in 20, 22 and 24. */
export interface StreamHandle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
  /** The stream underneath it, for TLS. */
  readonly _parent?: StreamHandle | null;
}

/** The lowest stream underneath a socket: TLS has one of its own upon that of TCP, which takes everything at once. */
export function lowestHandle(socket: Socket): StreamHandle | undefined {
  let handle = (socket as { _handle?: StreamHandle | null })._handle ?? undefined;
  while (handle?._parent) handle = handle._parent;
  return handle;
}

/** Bytes that the kernel has taken from `socket`, also of a write that it has not taken whole. */
function takenBytes(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = lowestHandle(socket) ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}

/** How many of the bytes that were written have reached the other end's kernel, and how many ours still holds. */
export interface SendQueue {
  readonly arrived: number;
  readonly queued: number;
}

/** The send queue of `socket`, as far as the system tells; see {@link queuedBytes}. */
export function sendQueue(socket: Socket): SendQueue | undefined {
  const queued = queuedBytes(socket);
  return queued === undefined ? undefined : { arrived: takenBytes(socket) - queued, queued };
}

/** Bytes of the list that are read at most: some ten thousand connections. */
const MAX_TABLE = 2 * 1024 * 1024;

function readTable(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const buf = Buffer.allocUnsafe(64 * 1024);
    let text = "";
    for (;;) {
      const bytes = readSync(file, buf);
      if (bytes === 0) return text;
      text += buf.latin1Slice(0, bytes);
      if (text.length > MAX_TABLE) return undefined;
    }
  } finally {
    closeSync(file);
  }
}

/**
 * How many bytes written to `socket` are still on their way, as far as the system tells: Linux does, others do not
 * (undefined). Asked only of a link that is suspiciously silent; read at one go, so that nothing is written meanwhile.
 */
export function queuedBytes(socket: Socket): number | undefined {
  const { localPort, remotePort, remoteFamily } = socket;
  if (process.platform !== "linux" || localPort === undefined || remotePort === undefined) return undefined;
  try {
    const table = readTable(remoteFamily === "IPv6" ? "/proc/self/net/tcp6" : "/proc/self/net/tcp");
    return table === undefined ? undefined : findQueued(table, localPort, remotePort);
  } catch {
    // No such file in this sandbox: then it cannot be known.
    return undefined;
  }
}
