import { RawLink } from "../clients/raw-link.js";
import { DIGITS, SUBJECT } from "./messages.js";

/** A stamp as the end of a frame. */
const STAMP = new RegExp(`\r\n(\\d{${DIGITS}})\r\n`, "g");

/** A subscriber without a client, which nothing ever happens to: it sees when the publisher is heard again. */
export class Observer implements Disposable {
  readonly #link: RawLink;
  #rest = "";
  #after = 0n;
  #heard: (() => void) | undefined;

  private constructor(link: RawLink) {
    this.#link = link;
    link.socket.setEncoding("latin1");
    link.socket.on("data", (text: string) => this.#take(text));
    link.socket.on("error", () => {}); // it is closed, and whoever waits has a deadline
  }

  /** Resolves when the server knows of the subscription. */
  static async open(server: string): Promise<Observer> {
    const link = await RawLink.open({ url: server });
    link.socket.write(`SUB ${SUBJECT} 1\r\n`);
    await link.confirmed();
    return new Observer(link);
  }

  /** Resolves when a message arrives that was published after `instant`, in the nanoseconds of the machine's clock. */
  firstAfter(instant: bigint): Promise<void> {
    this.#after = instant;
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #take(text: string): void {
    this.#rest += text;
    let end = 0;
    for (const match of this.#rest.matchAll(STAMP)) {
      end = match.index + match[0].length;
      if (BigInt(match[1]) > this.#after) this.#heard?.();
    }
    this.#rest = this.#rest.slice(end);
  }

  [Symbol.dispose](): void {
    this.#link.socket.destroy();
  }
}
