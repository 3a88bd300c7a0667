import { now } from "../../../demo/clock.js";
import type { Standstill } from "../protocol.js";
import { NOTABLE } from "./gaps.js";

/** Notices when nothing at all goes on in this process, and whether it was busy meanwhile or had no processor. */
export class StallWatch {
  #timer: NodeJS.Timeout | undefined;
  readonly #list: Standstill[] = [];

  start(): void {
    let last = now();
    let cpu = process.cpuUsage();
    this.#timer = setInterval(() => {
      const at = now();
      const { user, system } = process.cpuUsage(cpu);
      const ms = at - last;
      if (ms >= NOTABLE) this.#list.push({ at, ms, busy: (user + system) / 1000 });
      last = at;
      cpu = process.cpuUsage();
    }, 1);
  }

  /** Ends it, and returns what was noticed. */
  stop(): Standstill[] {
    clearInterval(this.#timer);
    return this.#list.splice(0);
  }
}
