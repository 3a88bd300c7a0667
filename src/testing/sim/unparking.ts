import type { Random } from "../random.js";
import type { Client } from "./client.js";

/** Publishes what the overflow keeps as soon as there is room, which it looks for now and then. */
export class Unparking {
  private readonly client: Client;
  private readonly random: Random;
  private underWay = false;

  constructor(client: Client, random: Random) {
    this.client = client;
    this.random = random;
  }

  /** The overflow may keep something. */
  begin(): void {
    const { client } = this;
    const { parking } = client;
    if (parking?.engaged !== true || this.underWay) return;
    this.underWay = true;
    client.world.clientIn(this.random.scale(1, 50), () => {
      this.underWay = false;
      if (client.closed || client.finishing) return;
      parking.release(({ draft, ...how }) => {
        const { rejected } = client.intake;
        if (draft.expiresAt !== undefined && draft.expiresAt <= client.now) return true;
        client.publish({ draft, ...how }, true);
        // What no server takes any more is not kept for ever.
        return client.intake.rejected === rejected;
      });
      this.begin();
    });
  }
}
