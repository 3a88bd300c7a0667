import { takeRole } from "../../../demo/actors/role.js";
import { sleep } from "../../../demo/clock.js";
import type { FromFleet, MemberPlan, Range, ToFleet } from "../protocol.js";
import { Asking } from "./asking.js";
import { Consuming } from "./consuming.js";
import type { Duty } from "./duty.js";
import { Ledger } from "./ledger.js";
import { Member } from "./member.js";
import { Publishing } from "./publishing.js";
import { Receiving } from "./receiving.js";
import { Serving } from "./serving.js";
import { StallWatch } from "./stall-watch.js";
import { Storing } from "./storing.js";

/** There is a digit for each. */
const PUBLISHERS = 3;
/** What has not come after so many ms without any delivery does not come. */
const QUIET = 400;
const LOOK_EVERY = 20;

const members = new Map<string, Member>();
const duties: Duty[] = [];
const ledgers = new Map<string, Ledger>();
const stalls = new StallWatch();

const tell = takeRole<ToFleet, FromFleet>(async (order) => {
  switch (order.type) {
    case "connect":
      await connect(order);
      break;
    case "pace":
      for (const duty of publishing()) duty.pace(order.rates[duty.publisher] ?? 0);
      break;
    case "go":
      stalls.start();
      for (const duty of duties) duty.go();
      break;
    case "rest":
      await rest();
      break;
    case "receipts":
      await receipts(order.ranges);
      break;
    case "place":
      await members.get(order.member)!.place(order.server);
      tell({ type: "placed" });
      break;
    case "move":
      tell({ type: "moved", ...(await members.get(order.member)!.move()) });
      break;
    case "close":
      await Promise.all([...members.values()].map(({ nc }) => nc.close()));
      tell({ type: "closed" });
      break;
  }
});

async function connect(order: Extract<ToFleet, { type: "connect" }>): Promise<void> {
  let serverVersion = "";
  for (const plan of order.members) {
    const member = await Member.connect(order.client, plan.name, order.servers, plan.server, (word) =>
      tell({ type: "word", ...word }),
    );
    members.set(plan.name, member);
    duties.push(await dutyOf(plan, member, order.members));
    // Subscriptions are in place.
    await member.nc.flush();
    serverVersion = member.nc.info?.version ?? "";
  }
  tell({ type: "connected", serverVersion });
}

async function dutyOf({ name, duty }: MemberPlan, member: Member, all: readonly MemberPlan[]): Promise<Duty> {
  switch (duty.kind) {
    case "publish":
      return new Publishing(member, duty.publisher);
    case "receive":
      return new Receiving(member, ledgerOf(duty.queue ?? name, duty.queue !== undefined), duty.queue);
    case "ask":
      return new Asking(member, all.filter((each) => each.duty.kind === "serve").length);
    case "serve":
      return new Serving(member);
    case "store": {
      const storing = new Storing(member);
      await storing.prepare();
      return storing;
    }
    case "consume": {
      const consuming = new Consuming(member);
      await consuming.prepare();
      return consuming;
    }
  }
}

/** Members of a group share one. */
function ledgerOf(name: string, queue: boolean): Ledger {
  const ledger = ledgers.get(name) ?? new Ledger(name, queue, PUBLISHERS);
  ledgers.set(name, ledger);
  return ledger;
}

function publishing(): Publishing[] {
  return duties.filter((duty) => duty instanceof Publishing);
}

async function rest(): Promise<void> {
  const standstills = stalls.stop();
  // One after the other: who consumes comes after who stores.
  for (const duty of duties) await duty.rest();
  tell({
    type: "rested",
    next: publishing().map(({ publisher, next }) => ({ publisher, id: next })),
    stalls: standstills,
    sendTimes: publishing().map(({ publisher, sendTimes }) => ({ publisher, times: sendTimes.values() })),
    errands: duties.flatMap((duty) => duty.errands?.() ?? []),
    rejected: publishing().reduce((sum, { rejected }) => sum + rejected, 0),
  });
}

/** Waits until all is there, or nothing more comes. */
async function receipts(ranges: readonly Range[]): Promise<void> {
  const all = [...ledgers.values()];
  const heard = () => all.reduce((sum, ledger) => sum + ledger.heard, 0);
  let last = -1;
  let since = performance.now();
  // Also when all has come: what comes twice may come late.
  while (performance.now() - since < QUIET) {
    if (heard() !== last) {
      last = heard();
      since = performance.now();
    }
    await sleep(LOOK_EVERY);
  }
  tell({ type: "receipts", receipts: all.map((ledger) => ledger.receipt(ranges)) });
}
