import type { Socket } from "node:net";

/**
 * Ends a socket so that what the kernel still holds of it is not delivered. Only TCP can be reset: of a unix socket, or of TLS that a
 * user's dialer has made, what was written may still arrive.
 */
export function resetSocket(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
