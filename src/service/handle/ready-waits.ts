import type { Connection } from "../../index.js";

/** Those who wait until the server knows of a subscription. */
export class ReadyWaits {
  private readonly nc: Connection;
  private readonly waiting = new Set<() => void>();

  constructor(nc: Connection) {
    this.nc = nc;
  }

  /**
   * Settles when the server has read what was sent before, or when {@link end} is called. Rejects as a flush does, and with `MAX_SUBSCRIPTIONS_EXCEEDED`
   * when the server says that of a subscription meanwhile: it does not say of which.
   *
   * @param timeout ms
   */
  async until(timeout: number): Promise<void> {
    const { nc, waiting } = this;
    let refused: Error | undefined;
    const heard = (error: Error) => {
      if ((error as { code?: unknown }).code === "MAX_SUBSCRIPTIONS_EXCEEDED") refused = error;
    };
    let end!: () => void;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    waiting.add(end);
    nc.on("error", heard);
    try {
      // A flush takes no shorter time, and goes on when nobody waits for it any more.
      await Promise.race([nc.flush({ timeout: Math.max(1, timeout) }), ended]);
    } finally {
      nc.off("error", heard);
      waiting.delete(end);
    }
    if (refused !== undefined) throw refused;
  }

  /** There is nothing to wait for any more. */
  end(): void {
    for (const end of this.waiting) end();
  }
}
