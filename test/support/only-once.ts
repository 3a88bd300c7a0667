import type { FakeLink } from "./fake-server.js";

/**
 * A behaviour of a fake server that takes one client in its life and resets all others: whoever has left it is not back there when
 * the next server takes longer to answer than it has a head start.
 */
export function onlyOnce(behave: (link: FakeLink) => void): (link: FakeLink, number: number) => void {
  return (link, number) => (number === 1 ? behave(link) : void link.socket.resetAndDestroy());
}
