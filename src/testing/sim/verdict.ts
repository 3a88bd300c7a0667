import { wrongIn } from "../history/verdict.js";
import type { Client } from "./client.js";
import { demand, Violation } from "./violation.js";

/** What is left of a run that should have come to rest; undefined when nothing is. */
export function unsettled(client: Client): string | undefined {
  const { engine, ledger, asking, waiters, driver } = client;
  const { session, outbound } = engine;
  if (!session.connected) return `the state is ${engine.state}`;
  if (ledger.open > 0)
    return `${ledger.open} messages without an outcome, the first is ${ledger.oldestPending(outbound.window)}`;
  if (asking.open.size > 0) return `${asking.open.size} requests`;
  if (client.parking?.engaged === true) return `the overflow keeps ${client.parking.size} messages`;
  if (waiters.size > 0) return `${waiters.size} who wait for a confirmation`;
  if (outbound.window.bytes > 0) return `${outbound.window.bytes} bytes in the window`;
  if (outbound.express !== undefined) return "the replay is held back";
  if (driver.sockets.get(session.active!.epoch)?.idle !== true) return "bytes on their way";
  if (client.moves.underWay) return "a move";
  const { spares } = client;
  if (driver.sockets.size > 1 + spares.count) return `${driver.sockets.size} sockets`;
  if (driver.chunks.held > 0) return `${driver.chunks.held} chunks are held`;
  return undefined;
}

/** The last check of a connection that has come to rest: nothing is lost, nothing is left. */
export function judgeAtRest(client: Client): void {
  const left = unsettled(client);
  if (left !== undefined) throw new Violation("not-at-rest", left);
  judgeMessages(client);
  demand(client.driver.chunks.used === 0, "idle-chunks", () => `${client.driver.chunks.used} chunks are out`);
  client.rules.conclude();
  client.told.conclude();
  client.delivery.conclude();
  client.coverage.count("delivery", "owed", client.delivery.owed);
}

/** The last check of a connection that is closed. */
export function judgeClosed(client: Client): void {
  const { engine, ledger, asking, waiters, driver, rules, subscribers } = client;
  demand(rules.closed, "close", () => "no close event");
  demand(ledger.open === 0, "close", () => `${ledger.open} messages have no outcome`);
  demand(asking.open.size === 0, "close", () => `${asking.open.size} requests wait`);
  demand(waiters.size === 0, "close", () => `${waiters.size} wait for a confirmation`);
  demand(
    engine.requests.size === 0 && engine.fences.size === 0,
    "close",
    () => "the engine still keeps who waits",
  );
  for (const one of subscribers.values()) demand(one.ended, "close", () => `${one} has not ended`);
  demand(driver.chunks.held === 0, "close", () => `${driver.chunks.held} chunks are out`);
  demand(driver.chunks.used === 0, "close", () => `the pool says ${driver.chunks.used} chunks are out`);
  judgeMessages(client);
  rules.conclude();
  client.told.conclude();
}

function judgeMessages({ ledger, closed }: Client): void {
  const wrong = wrongIn(ledger.history.check());
  demand(wrong === undefined, "history", () => `${wrong}`);
  for (const sent of ledger.messages) {
    demand(sent.outcome !== undefined, "lost", () => `${sent} has no outcome`);
    if (sent.outcome === "confirmed") demand(sent.taken > 0, "lost", () => `${sent}: no server has taken it`);
    if (sent.outcome === "refused")
      demand(sent.denied > 0, "lost", () => `${sent}: no server has refused it`);
    const given = sent.outcome === "unconfirmed" && sent.draft.asked === undefined;
    if (given) demand(!sent.repeatable || closed, "lost", () => `${sent}`);
  }
}
