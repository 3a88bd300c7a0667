import type { MakeClient } from "./clients/client.js";
import { holdfast } from "./clients/holdfast.js";
import { natsGo } from "./clients/nats-go.js";
import { natsJs } from "./clients/nats-js.js";
import { constant, decorrelated, fullJitter, passes } from "./clients/passes.js";

/** How clients come back. */
export interface Strategy {
  readonly title: string;
  readonly make: MakeClient;
}

export const STRATEGIES = {
  "nats.js": { title: "nats.js", make: natsJs(10) },
  "nats.js-forever": {
    title: "nats.js, `maxReconnectAttempts: -1`",
    make: natsJs(Number.POSITIVE_INFINITY),
  },
  "nats.go": { title: "nats.go", make: natsGo },
  constant: { title: "constant wait", make: passes(constant) },
  decorrelated: { title: "decorrelated jitter", make: passes(decorrelated) },
  full: { title: "full jitter", make: passes(fullJitter) },
  holdfast: { title: "Holdfast", make: holdfast },
} satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof STRATEGIES;
