import { type Fault, overByItself } from "./fault.js";
import { SILENCE } from "./network.js";

/** What happens to the client's own process; the server is well all the time. */
export const CLIENT: readonly Fault[] = [
  {
    name: "stop-client",
    does: "SIGSTOP of the publishing process; SIGCONT after 2 s.",
    group: "client",
    touches: "publisher",
    hold: 2000,
    calm: true,
    inject({ publisher }) {
      publisher.signal("SIGSTOP");
      return () => publisher.signal("SIGCONT");
    },
  },
  {
    name: "block-client",
    does: "The publishing process computes for 6.5 s, its event loop does not turn.",
    group: "client",
    touches: "publisher",
    hold: SILENCE,
    calm: true,
    inject({ publisher }) {
      publisher.block(SILENCE);
      return overByItself;
    },
  },
];
