import type { Effect, EngineEvent } from "./events.js";

/** What is to be done and told, in order, until the driver takes it. */
export class Outbox {
  /** An array that was ever used keeps its room: these are let go of when they are empty, as they nearly always are. */
  private effects: Effect[] | undefined;
  private events: EngineEvent[] | undefined;

  emit(event: EngineEvent): void {
    this.events ??= [];
    this.events.push(event);
  }

  effect(effect: Effect): void {
    this.effects ??= [];
    this.effects.push(effect);
  }

  pollEffect(): Effect | undefined {
    const effect = this.effects?.shift();
    if (effect === undefined) this.effects = undefined;
    return effect;
  }

  pollEvent(): EngineEvent | undefined {
    const event = this.events?.shift();
    if (event === undefined) this.events = undefined;
    return event;
  }
}
