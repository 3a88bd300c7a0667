import { ErrorCode } from "../error-codes.js";
import { NatsError } from "../nats-error.js";

/** Heartbeats that may be missed. */
const BORNE = 2;

/** Tells, once, when a consumer that promised heartbeats has been silent for too long. */
export class Silence {
  private wait: number;
  private readonly tell: (error: NatsError) => void;
  private readonly end: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param heartbeat ms between two heartbeats; 0: none are promised
   * @param lasts ms for which they are promised: those of a pull end with it
   */
  constructor(heartbeat: number, tell: (error: NatsError) => void, lasts?: number) {
    this.wait = heartbeat * BORNE;
    this.tell = tell;
    if (lasts !== undefined) this.end = setTimeout(() => this.stop(), lasts);
    this.broken();
  }

  /** Something has come. */
  broken(): void {
    clearTimeout(this.timer);
    if (this.wait > 0) this.timer = setTimeout(() => this.tell(missed()), this.wait);
  }

  /** Nothing is expected any more. */
  stop(): void {
    this.wait = 0;
    clearTimeout(this.timer);
    clearTimeout(this.end);
  }
}

function missed(): NatsError {
  return new NatsError(`idle heartbeats missed: ${BORNE}`, ErrorCode.JetStreamIdleHeartBeat);
}
