import { expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Failure } from "./failure.js";
import type { FlowHost, Outcome } from "./flow.js";
import { Outgoing } from "./outgoing.js";
import { PlainFlow } from "./plain-flow.js";

const refused: Failure = {
  error: codedError("STREAM_REFUSED", "too large"),
  mayPass: false,
  maybeDelivered: false,
  isLinkLost: false,
  apiCode: 10054,
  lastSequence: undefined,
};

/** A stream that stores each message when it is told to. */
class World implements FlowHost {
  isUp = true;
  /** Ids of what is sent, and of what has its outcome. */
  readonly sent: string[] = [];
  readonly outcomes: string[] = [];
  readonly refusals = new Map<string, Failure | "asking">();
  looks = 0;
  readonly flow = new PlainFlow(2, this);
  private readonly way: (() => void)[] = [];

  publish(...ids: string[]): void {
    const settings = { stream: "S", timeout: 1, retries: 1 };
    const ignore = () => {};
    for (const msgID of ids)
      this.flow.add(
        new Outgoing({ subject: "s", payload: "", options: { msgID } }, settings, ignore, ignore),
      );
  }

  /** All that is sent arrives, with what follows it. */
  run(): void {
    for (let come = this.way.shift(); come !== undefined; come = this.way.shift()) come();
  }

  send(out: Outgoing, _: number | undefined, came: (outcome: Outcome) => void): void {
    this.sent.push(out.msgID);
    this.way.push(() => came({ ack: { stream: "S", seq: this.sent.length, duplicate: false } }));
  }

  refusal({ msgID }: Outgoing): Failure | "asking" | undefined {
    this.looks++;
    return this.refusals.get(msgID);
  }

  stored(out: Outgoing): void {
    this.settle(out, "stored");
  }

  gaveUp(out: Outgoing): void {
    this.settle(out, "given up");
  }

  dropped(): void {}
  willRetry(): void {}
  delay(): number {
    return 1;
  }
  later(): void {}

  private settle(out: Outgoing, outcome: string): void {
    expect(out.isSettled).toBe(false);
    out.isSettled = true;
    this.outcomes.push(`${out.msgID} ${outcome}`);
  }
}

it("what is refused before it is sent holds up nobody, and takes no place in the window", () => {
  const world = new World();
  world.refusals.set("a", refused).set("c", refused);
  world.publish("a", "b", "c", "d");
  expect(world.flow.inFlight).toBe(2);
  world.run();
  expect(world.sent).toEqual(["b", "d"]);
  expect(world.outcomes).toEqual(["a given up", "c given up", "b stored", "d stored"]);
  expect(world.flow).toMatchObject({ inFlight: 0, isRecovering: false });
  expect(world.flow.takeAll()).toEqual([]);
});

it("others go past what is asked about; the answer is one to all that wait for it", () => {
  const world = new World();
  for (const id of ["a", "b", "c"]) world.refusals.set(id, "asking");
  world.publish("a", "b", "c", "d", "e");
  world.run();
  expect(world.sent).toEqual(["d", "e"]);
  const { looks } = world;
  world.flow.pump();
  expect(world.looks).toBe(looks + 1);
  world.refusals.set("a", refused).delete("b");
  world.flow.pump();
  world.run();
  // Another question is needed for the third.
  expect(world.outcomes.slice(2)).toEqual(["a given up", "b stored"]);
  world.refusals.delete("c");
  world.flow.pump();
  world.run();
  expect(world.outcomes.at(-1)).toBe("c stored");
});

it("what is asked about ends with all the others", () => {
  const world = new World();
  world.refusals.set("a", "asking");
  world.publish("a");
  const left = world.flow.takeAll();
  expect(left.map(({ msgID }) => msgID)).toEqual(["a"]);
  for (const out of left) out.isSettled = true;
  world.refusals.clear();
  world.flow.pump();
  expect(world.sent).toEqual([]);
});
