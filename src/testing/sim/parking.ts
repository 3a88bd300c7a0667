import type { Overflow, OverflowDecision, OverflowMessage } from "../../core/overflow.js";
import type { Publication } from "./drafts.js";
import { demand } from "./violation.js";

/** What an overflow may do beside keeping what has no room. */
export interface ParkingHabits {
  /** At the end of a connection it keeps what could not be sent, as long as there is a place. */
  readonly keeps: boolean;
  /** It lets pass what must not be written twice. */
  readonly passes: boolean;
}

/**
 * An overflow of the application's own: it keeps messages for which there is no room, and publishes them
 * later, in their order. As long as it keeps some it is engaged, so that nothing newer goes before them.
 */
export class Parking implements Overflow {
  readonly name = "parking";
  /** What is kept, oldest first, with payloads of its own. */
  private readonly kept: Publication[] = [];
  private readonly places: number;
  private readonly otherwise: OverflowDecision;
  private releasing = false;
  private readonly passes: boolean;
  /** Messages that it has kept at the end. */
  private keptAtEnd = 0;
  readonly keep: (() => boolean) | undefined;
  /** What is being published just now. */
  current: Publication | undefined;

  /**
   * @param places messages that it keeps
   * @param otherwise its decision about one more
   */
  constructor(
    places: number,
    otherwise: "reject" | "drop-newest",
    { keeps, passes }: ParkingHabits = { keeps: false, passes: false },
  ) {
    this.places = places;
    this.otherwise = otherwise;
    this.passes = passes;
    this.keep = keeps ? () => ++this.keptAtEnd <= this.places : undefined;
  }

  get engaged(): boolean {
    return this.kept.length > 0;
  }

  get size(): number {
    return this.kept.length;
  }

  offer({ payload, replay: again }: OverflowMessage): OverflowDecision {
    if (this.releasing) return "reject";
    if (this.passes && again === false) return "pass";
    if (this.kept.length >= this.places) return this.otherwise;
    const { draft, replay } = this.current!;
    // The payload is valid during the call only.
    const copy = typeof payload === "string" ? payload : new Uint8Array(payload);
    this.kept.push({ draft, payload: copy, replay });
    return "taken";
  }

  /** Publishes what it keeps by `publish`, as much as there is room for. */
  release(publish: (one: Publication) => boolean): void {
    demand(!this.releasing, "overflow", () => "released in the middle of a release");
    this.releasing = true;
    try {
      while (this.kept.length > 0 && publish(this.kept[0])) this.kept.shift();
    } finally {
      this.releasing = false;
    }
  }
}
