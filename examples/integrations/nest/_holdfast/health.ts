/** A health indicator for @nestjs/terminus. Copy it. */
import { Inject, Injectable } from "@nestjs/common";
import { type HealthIndicatorResult, HealthIndicatorService } from "@nestjs/terminus";
import type { Connection } from "holdfast";

@Injectable()
export class HoldfastHealth {
  @Inject(HealthIndicatorService)
  private readonly indicators!: HealthIndicatorService;

  /** Up while there is a link. Not for probes: one outage of NATS would take every pod out of service. */
  isConnected(key: string, nc: Connection): HealthIndicatorResult {
    const { status, state, server, lastCause } = nc.health();
    const indicator = this.indicators.check(key);
    return status === "healthy"
      ? indicator.up({ server })
      : indicator.down({ state, cause: lastCause?.kind });
  }

  /**
   * For the readiness probe: up while there is a link, and for `grace` ms of an outage, in which what is published is kept; down from the beginning of a shutdown on.
   */
  isReady(key: string, nc: Connection, { grace = 30_000 } = {}): HealthIndicatorResult {
    const { connected, accepting, state, lastDisconnectedAt, buffer } = nc.health();
    const indicator = this.indicators.check(key);
    const unready = nc.components
      .map((component) => component.facts().unready)
      .find((why) => why !== undefined);
    if (unready !== undefined) return indicator.down({ state, reason: unready });
    if (!accepting || state === "draining") return indicator.down({ state, reason: "no more is accepted" });
    if (connected) return indicator.up({ state });
    if (lastDisconnectedAt === undefined) return indicator.down({ state, reason: "not connected yet" });
    const outage = Date.now() - lastDisconnectedAt;
    if (outage < grace && buffer.ratio < 0.8) return indicator.up({ state, outage, buffer: buffer.ratio });
    return indicator.down({ state, reason: "not connected", outage, buffer: buffer.ratio });
  }
}
