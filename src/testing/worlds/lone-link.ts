import { parseAddress } from "../../core/address.js";
import { Link } from "../../core/link.js";
import { ServerPool } from "../../core/pool.js";

/** A link of its own, of which a test is the other end. */
export class LoneLink {
  readonly link: Link;
  /** Monotonic ms. */
  now = 0;

  constructor(epoch = 1) {
    const [server] = new ServerPool([parseAddress(`h${epoch}`)], undefined).all;
    const owner = {
      onInfo() {},
      onSurplusPong() {},
      onServerError() {},
      onPong: (_link: Link, { sentAt, onPong }: { sentAt: number; onPong?: (rtt: number) => void }) =>
        onPong?.(this.now - sentAt),
      messages: { onMessage() {} },
    };
    this.link = new Link(epoch, server, owner as ConstructorParameters<typeof Link>[2], 0);
  }

  /** The lines that it has said since this was asked last. */
  said(): string[] {
    let text = "";
    for (let own = this.link.takeOwn(); own !== undefined; own = this.link.takeOwn())
      text += Buffer.from(own).toString("latin1");
    return text.split("\r\n").filter(Boolean);
  }

  /** The server answers the oldest PING, at `now`. */
  pong(now = this.now): void {
    this.now = now;
    this.link.read(Buffer.from("PONG\r\n"));
  }
}
