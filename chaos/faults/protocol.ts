import type { ToxicOptions } from "../../src/testing/proxy/toxics.js";
import type { Stage } from "../stage.js";
import type { Fault } from "./fault.js";
import { poison } from "./network.js";

type Plain = Pick<Fault, "name" | "does" | "hold" | "calm">;

function toxicFault(plain: Plain, toxic: ToxicOptions, prepare?: (stage: Stage) => void): Fault {
  return {
    ...plain,
    group: "protocol",
    touches: "link",
    over: "plain",
    inject: (stage) => {
      const heal = poison(stage, plain.name, toxic);
      prepare?.(stage);
      return heal;
    },
  };
}

/** A line that the server has not sent, between two frames. */
function injected(name: string, line: string, then: string, calm = false): Fault {
  const plain = { name, does: `The server seems to say \`${line}\`${then}`, hold: 100, calm };
  return toxicFault(plain, { type: "inject", line, count: 1 });
}

/** Time for the line to go through. */
const SAID = 20;

/** A last word of the server, after which it closes the link, as servers do. */
function lastWord(name: string, text: string): Fault {
  const line = `-ERR '${text}'`;
  return {
    name,
    does: `The server seems to say \`${line}\`, and closes the link.`,
    group: "protocol",
    touches: "link",
    over: "plain",
    hold: 0,
    async inject(stage) {
      const { proxy } = stage.node;
      const links = proxy.links.filter(({ closedAt }) => closedAt === undefined);
      // Nothing comes behind a last word.
      const heals = (["MSG", "PONG"] as const).map((verb) =>
        poison(stage, `${name} ${verb}`, { type: "drop_line", stream: "downstream", verb }),
      );
      heals.push(poison(stage, name, { type: "inject", line, count: 1 }));
      await stage.sleep(SAID);
      for (const link of links) link.halfClose("downstream");
      return () => {
        for (const heal of heals) heal();
      };
    },
  };
}

/** What servers, and what stands between, do to the protocol. */
export const PROTOCOL: readonly Fault[] = [
  lastWord("err-stale", "Stale Connection"),
  lastWord("err-connections", "maximum connections exceeded"),
  lastWord("err-expired", "User Authentication Expired"),
  lastWord("err-slow", "Slow Consumer"),
  injected("err-unknown", "-ERR 'Something Quite New'", ": nobody knows what to think of it."),
  injected(
    "err-permissions",
    `-ERR 'Permissions Violation for Publish to "another.subject"'`,
    ": no message of ours.",
    true,
  ),
  injected("garbage", "\u0001\u0002 HTTP/1.1 502 Bad Gateway", ": no protocol at all."),
  toxicFault(
    {
      name: "drop-pongs",
      does: "Three PONGs of the server are lost; it shows when nothing else comes in any more.",
      hold: 1000,
    },
    { type: "drop_line", stream: "downstream", verb: "PONG", count: 3 },
  ),
  toxicFault(
    {
      name: "delay-pongs",
      does: "Every PONG of the server comes 300 ms late, for a second.",
      hold: 1000,
      calm: true,
    },
    { type: "delay_pong", stream: "downstream", delay: 300 },
  ),
  toxicFault(
    {
      name: "rewrite-info",
      does: "The link is reset, and the next INFO names another server, a small max_payload, no headers, and dead ends.",
      hold: 300,
    },
    {
      type: "rewrite_info",
      info: {
        server_id: "SOMEBODYELSE",
        max_payload: 1024,
        headers: false,
        connect_urls: ["127.0.0.1:1", "256.0.0.1:0", "no such host"],
      },
    },
    (stage) => stage.node.proxy.reset(),
  ),
];
