import type { Effect, EngineEvent } from "./events.js";

/** What is to be done and told, in order, until the driver takes it. */
export class Outbox {
  private readonly effects: Effect[] = [];
  private readonly events: EngineEvent[] = [];

  emit(event: EngineEvent): void {
    this.events.push(event);
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  pollEffect(): Effect | undefined {
    return this.effects.shift();
  }

  pollEvent(): EngineEvent | undefined {
    return this.events.shift();
  }
}
