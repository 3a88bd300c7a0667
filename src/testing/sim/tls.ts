import type { ServerInfo } from "../../wire/info.js";
import type { Random } from "../random.js";
import { demand } from "./violation.js";

/** How setting up TLS ends. */
export const TLS_OUTCOMES = ["secured", "failed", "hung"] as const;
export type TlsOutcome = (typeof TLS_OUTCOMES)[number];

/** TLS as the simulator knows it: it takes a while, or fails, or never ends; and before it nothing may be said. */
export class SimTls {
  private readonly luck: Random;
  private readonly begun = new Set<number>();
  private readonly secured = new Set<number>();

  constructor(luck: Random) {
    this.luck = luck;
  }

  /** TLS begins on a link. Returns how it will go, and after how many ms. */
  begin(epoch: number): { outcome: TlsOutcome; after: number } {
    this.begun.add(epoch);
    const outcome = this.luck.weighted({ secured: 9, failed: 0.7, hung: 0.3 } as const);
    return { outcome, after: this.luck.scale(0.1, 50) };
  }

  /** TLS stands on a link. */
  stands(epoch: number): void {
    this.secured.add(epoch);
  }

  isSecure(epoch: number): boolean {
    return this.secured.has(epoch);
  }

  /** Whether it has begun on a link, and does not stand. */
  awaited(epoch: number): boolean {
    return this.begun.has(epoch) && !this.secured.has(epoch);
  }

  /** Something is written to a link. @throws Violation where TLS should have come first */
  written(epoch: number, info: ServerInfo | undefined): void {
    const wanted = info?.tls_required === true || info?.tls_available === true;
    demand(
      !wanted || this.secured.has(epoch),
      "plain-text",
      () => `link ${epoch} is written to before TLS stands`,
    );
  }
}
