import type { Engine } from "../../core/engine.js";
import type { Client } from "./client.js";
import type { Sent } from "./sent.js";
import { Waiter } from "./waiter.js";

/** Those in the application who wait for confirmations. */
export class Waiting {
  private readonly client: Client;
  readonly waiters = new Set<Waiter>();

  constructor(client: Client) {
    this.client = client;
  }

  /** Waits for the confirmation of the message published last. */
  confirm(sent: Sent): void {
    this.wait(new Waiter(sent, -1, 0), (settle) => this.client.engine.confirmLast(settle));
  }

  /** Waits for the confirmation of all that was accepted. */
  fence(): void {
    const { engine, ledger, now } = this.client;
    const waiter = new Waiter(undefined, engine.outbound.window.position, ledger.bad.length);
    this.wait(waiter, (settle) => engine.fence(settle, now));
  }

  private wait(waiter: Waiter, begin: (settle: Parameters<Engine["confirmLast"]>[0]) => void): void {
    const { client } = this;
    this.waiters.add(waiter);
    begin((outcome) => {
      client.coverage.count(waiter.one === undefined ? "fence" : "publishConfirmed", outcome);
      const { window } = client.engine.outbound;
      const oldest = client.ledger.oldestPending(window)?.seq ?? window.position;
      waiter.settle(outcome, oldest, client.ledger.bad, client.closed);
      this.waiters.delete(waiter);
      // Promises settle behind the turn: nobody publishes in the middle of a publish, or of a loss.
      if (client.losing || client.intake.publishing) client.world.clientIn(0, () => client.app.settled());
      else client.app.settled();
    });
  }
}
