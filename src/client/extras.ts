import type { Engine } from "../core/engine.js";
import { publicError } from "../interop/errors.js";
import { callOptions } from "./call-options.js";
import { Components } from "./components.js";
import { Confirmations } from "./confirmations.js";
import { DurablePublisher } from "./durable-publisher.js";
import type { Ending } from "./ending.js";
import { Measuring } from "./measurements.js";
import type { Responder } from "./msg.js";
import { Official } from "./official.js";
import { Pulls, type PullsHost } from "./pulls.js";
import { Requester, type RequesterHost } from "./requester.js";
import type { Settings } from "./settings.js";
import type { Waits } from "./waits.js";

/**
 * What a connection has besides publishing and subscribing, made when something of it is asked for first: there may be thousands of
 * connections that do nothing else.
 */
export class Extras {
  readonly confirmations: Confirmations;
  readonly requester: Requester;
  readonly official: Official;
  readonly pulls: Pulls;
  private readonly engine: Engine;
  private readonly settings: Settings;
  private durableIfAny: DurablePublisher | undefined;
  private measuringIfAny: Measuring | undefined;
  private componentsIfAny: Components | undefined;

  /** @param publisher who publishes answers to answers */
  constructor(
    nc: RequesterHost & PullsHost,
    engine: Engine,
    waits: Waits,
    ending: Ending,
    settings: Settings,
    publisher: Responder,
  ) {
    this.confirmations = new Confirmations(engine, waits, nc.clock, settings.options.outbox);
    this.requester = new Requester(nc, engine, publisher);
    this.official = new Official(settings, ending);
    this.pulls = new Pulls(nc, engine);
    this.engine = engine;
    this.settings = settings;
  }

  get durable(): DurablePublisher {
    this.durableIfAny ??= new DurablePublisher(this.engine, this.settings.options.outbox);
    return this.durableIfAny;
  }

  /** See `Connection.writable`. */
  async writable(options: { bypassOverflow?: boolean }): Promise<void> {
    let bypassOverflow: boolean | undefined;
    try {
      ({ bypassOverflow } = callOptions(options));
    } catch (error) {
      throw publicError(error);
    }
    await this.confirmations.writable();
    // The room that it has comes from those who publish past it.
    if (bypassOverflow !== true) await this.settings.options.outbox?.writable?.();
  }

  get measuring(): Measuring {
    this.measuringIfAny ??= new Measuring(this.engine);
    return this.measuringIfAny;
  }

  get components(): Components {
    this.componentsIfAny ??= new Components();
    return this.componentsIfAny;
  }
}
