import type { Random } from "../random.js";
import type { World } from "./world.js";

/** ms that an ordinary answer takes at most. */
const QUICK = 3;

/** The name service of a world: answers change, fail, and take their time; each attempt asks anew. */
export class Names {
  private readonly world: World;
  private readonly random: Random;
  private readonly answers = new Map<string, readonly string[]>();
  private readonly truth = new Map<string, readonly string[]>();
  /** There are no names at the moment. */
  failing = false;
  /** Longest time in ms that an answer takes. */
  delay = QUICK;

  constructor(world: World, random: Random) {
    this.world = world;
    this.random = random;
  }

  /** Says where a name leads to, in truth. */
  set(name: string, hosts: readonly string[]): void {
    this.truth.set(name, hosts);
    this.answers.set(name, hosts);
  }

  get known(): readonly string[] {
    return [...this.truth.keys()];
  }

  /** From now on the answer is another one, right or wrong. */
  change(name: string, hosts: readonly string[]): void {
    this.answers.set(name, hosts);
  }

  /** Everything is answered rightly, and soon. */
  heal(): void {
    this.failing = false;
    this.delay = QUICK;
    for (const [name, hosts] of this.truth) this.answers.set(name, hosts);
  }

  /** Asks for the host of an address; `then` is called at once for one that is no name. */
  resolve(host: string, then: (hosts: readonly string[]) => void): void {
    if (!this.truth.has(host)) return then([host]);
    const { delay, random } = this;
    this.world.in(delay * random.float(), () => {
      const hosts = this.failing ? [] : this.answers.get(host)!;
      // As name servers do: each time another one is the first.
      const turn = hosts.length === 0 ? 0 : random.int(hosts.length);
      then([...hosts.slice(turn), ...hosts.slice(0, turn)]);
    });
  }
}
