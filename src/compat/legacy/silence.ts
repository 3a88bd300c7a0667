import { ErrorCode } from "../error-codes.js";
import { NatsError } from "../nats-error.js";

/** Heartbeats that may be missed. */
const BORNE = 2;

/** Tells, once, when a consumer that promised heartbeats has been silent for too long. */
export class Silence {
  private readonly wait: number;
  private readonly tell: (error: NatsError) => void;
  private timer: NodeJS.Timeout | undefined;

  /** @param heartbeat ms between two heartbeats; 0: none are promised */
  constructor(heartbeat: number, tell: (error: NatsError) => void) {
    this.wait = heartbeat * BORNE;
    this.tell = tell;
    this.broken();
  }

  /** Something has come. */
  broken(): void {
    this.stop();
    if (this.wait > 0) this.timer = setTimeout(() => this.tell(missed()), this.wait);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

function missed(): NatsError {
  return new NatsError(`idle heartbeats missed: ${BORNE}`, ErrorCode.JetStreamIdleHeartBeat);
}
