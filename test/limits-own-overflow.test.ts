import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Connection, headers, type Overflow, type OverflowMessage } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { Outage } from "./support/outage.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

interface Kept {
  subject: string;
  reply: string;
  payload: Uint8Array;
  headers: Uint8Array | undefined;
  bytes: number;
}

/** Keeps what has no room in a list, and publishes it later, a few at a time. */
class Shelf implements Overflow {
  readonly name = "shelf";
  readonly kept: Kept[] = [];
  taken = 0;

  get engaged(): boolean {
    return this.kept.length > 0;
  }

  offer({ subject, reply, headers, payload, bytes }: OverflowMessage): "taken" {
    const copy = headers && Uint8Array.from(headers);
    this.kept.push({ subject, reply, payload: Buffer.from(payload as string), headers: copy, bytes });
    this.taken++;
    return "taken";
  }

  /** Publishes all that is kept, so many per turn, until nothing is; then it is engaged no more. */
  async empty(nc: Connection, perTurn: number): Promise<void> {
    while (this.kept.length > 0) {
      for (let i = 0; i < perTurn && this.kept.length > 0; i++) {
        const { subject, payload } = this.kept[0];
        nc.publish(subject, payload, { bypassOverflow: true });
        this.kept.shift();
      }
      await turn();
    }
  }
}

const numbers = (to: number) => Array.from({ length: to }, (_, i) => String(i));

describe("an overflow of one's own [B3]", () => {
  it("takes what has no room, and publishes it later: everything arrives once, in order", async () => {
    const overflow = new Shelf();
    await using outage = await Outage.prepare({ overflow, maxBufferedMessages: 10 });
    const { nc, got } = outage;
    let told = 0;
    nc.on("overflow", ({ policy, messages }) => {
      expect(policy).toBe("shelf");
      told += messages;
    });
    await outage.begin();
    publishNumbers(nc, "a", 0, 100);
    expect(overflow.taken).toBe(90);
    expect(nc.stats()).toMatchObject({ accepted: 10, pending: 10, overflowed: 90, dropped: 0, rejected: 0 });
    await outage.server.restart();
    await until(() => nc.state === "connected", "the reconnect");
    // Begun in the turn in which publishing goes on, so that the two are beside one another however slow the machine is.
    const emptied = overflow.empty(nc, 7);
    let number = 100;
    for (; overflow.engaged; number += 3) {
      publishNumbers(nc, "a", number, number + 3);
      await turn();
    }
    await emptied;
    expect(number).toBeGreaterThan(110);
    const { taken } = overflow;
    publishNumbers(nc, "a", number, number + 20);
    expect(overflow.taken, "it is engaged no more").toBe(taken);
    await nc.flush();
    expect(got).toEqual(numbers(number + 20));
    // What it took while there was room had to wait behind older ones, and has overflowed nothing.
    await until(() => told >= 90, "all are told");
    expect(told).toBe(90);
    expect(expectBalanced(nc)).toMatchObject({
      accepted: number + 20,
      confirmed: number + 20,
      overflowed: taken,
    });
  });

  it("is asked for every message while it is engaged, also when there is room, and gets all of it", async () => {
    const offered: OverflowMessage[] = [];
    const overflow: Overflow = {
      name: "all",
      engaged: true,
      offer: (message) => {
        offered.push({ ...message, headers: message.headers && Uint8Array.from(message.headers) });
        return "taken";
      },
    };
    await using outage = await Outage.prepare({ overflow });
    const { nc, got } = outage;
    const hdrs = headers();
    hdrs.set("Name", "value");
    const payload = Buffer.from([1, 2, 3]);
    nc.publish("a", payload, { headers: hdrs, reply: "b" });
    nc.publish("a", "text");
    nc.publish("a", "bypassed", { bypassOverflow: true });
    await nc.flush();
    expect(got).toEqual(["bypassed"]);
    expect(offered).toHaveLength(2);
    expect(offered[0]).toMatchObject({ subject: "a", reply: "b", payload });
    expect(Buffer.from(offered[0].headers!).toString()).toBe("NATS/1.0\r\nName: value\r\n\r\n");
    const frame = "HPUB a b 27 30\r\n".length + 30 + 2;
    expect(offered[0].bytes).toBeGreaterThanOrEqual(frame - 2);
    expect(offered[0].bytes).toBeLessThanOrEqual(frame + 2);
    expect(offered[1]).toMatchObject({ reply: "", payload: "text", headers: undefined });
    expect(offered[1].bytes).toBe("PUB a 4\r\ntext\r\n".length);
    expectBalanced(nc);
  });

  it("is not asked for requests, nor for what JetStream says", async () => {
    const subjects: string[] = [];
    const overflow: Overflow = {
      name: "all",
      engaged: true,
      offer: ({ subject }) => {
        subjects.push(subject);
        return "taken";
      },
    };
    await using outage = await Outage.prepare({ overflow });
    const { nc } = outage;
    nc.subscribe("ask", {
      callback: (_, msg) => {
        nc.publish(msg.reply!, "answer", { bypassOverflow: true });
      },
    });
    expect((await nc.request("ask")).string()).toBe("answer");
    nc.publish("$JS.ACK.s.c.1.2.3.4.5", "+ACK");
    nc.publish("x");
    await nc.flush();
    expect(subjects).toEqual(["x"]);
    expectBalanced(nc);
  });

  it("may decide for each message: reject, drop either, take", async () => {
    const decisions = ["drop-newest", "drop-oldest", "reject", "taken"] as const;
    let asked = 0;
    const overflow: Overflow = { name: "moody", offer: () => decisions[asked++ % 4] };
    await using outage = await Outage.prepare({ overflow, maxBufferedMessages: 4 });
    const { nc, got } = outage;
    await outage.begin();
    const refused: number[] = [];
    for (let number = 0; number < 12; number++) {
      try {
        nc.publish("a", String(number));
      } catch {
        refused.push(number);
      }
    }
    expect(refused).toEqual([6, 10]);
    await outage.end();
    expect(got).toEqual(["2", "3", "5", "9"]);
    expect(expectBalanced(nc)).toMatchObject({
      accepted: 8,
      confirmed: 4,
      dropped: 4,
      rejected: 2,
      overflowed: 2,
      dropReasons: { "drop-newest": 2, "drop-oldest": 2 },
    });
  });
});
