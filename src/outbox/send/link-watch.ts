import type { Connection } from "../../index.js";

/** What hears of the link of a connection. */
export interface LinkEar {
  linkUp(): void;
  linkDown(): void;
}

/** Whether a connection has a link, by its events: after a reconnect `beforeReplay` is through when they come, and what was to be sent again is on its way. */
export class LinkWatch {
  isUp = false;
  private readonly nc: Connection;
  private readonly ear: LinkEar;

  constructor(nc: Connection, ear: LinkEar) {
    this.nc = nc;
    this.ear = ear;
    nc.on("connect", this.onUp);
    nc.on("reconnect", this.onUp);
    nc.on("disconnect", this.onDown);
    nc.on("close", this.onDown);
    if (nc.state === "connected") this.onUp();
  }

  end(): void {
    const { nc } = this;
    nc.off("connect", this.onUp);
    nc.off("reconnect", this.onUp);
    nc.off("disconnect", this.onDown);
    nc.off("close", this.onDown);
  }

  private readonly onUp = (): void => {
    if (this.isUp) return;
    this.isUp = true;
    this.ear.linkUp();
  };

  private readonly onDown = (): void => {
    if (!this.isUp) return;
    this.isUp = false;
    this.ear.linkDown();
  };
}
