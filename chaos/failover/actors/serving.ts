import type { Duty } from "./duty.js";
import type { Member } from "./member.js";

/** One of the services answers. */
export const ECHO = "service.echo";
/** Each service answers, {@link REPLIES} times. */
export const MANY = "service.many";
export const REPLIES = 2;
/** A service takes its time, up to so many ms, so that there is always something in flight. */
const LONGEST = 80;

/** Answers requests. */
export class Serving implements Duty {
  constructor({ nc, name }: Member) {
    nc.subscribe(ECHO, {
      queue: "services",
      callback: (_error, msg) => {
        const text = msg.string();
        setTimeout(() => msg.respond(text), Math.random() * LONGEST);
      },
    });
    nc.subscribe(MANY, {
      callback: (_error, msg) => {
        for (let reply = 0; reply < REPLIES; reply++) {
          setTimeout(() => msg.respond(`${name} ${reply}`), Math.random() * LONGEST);
        }
      },
    });
  }

  go(): void {}

  async rest(): Promise<void> {}
}
