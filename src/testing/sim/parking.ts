import type { Overflow, OverflowDecision, OverflowMessage } from "../../core/overflow.js";
import type { Publication } from "./drafts.js";
import { demand } from "./violation.js";

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
  /** What is being published just now. */
  current: Publication | undefined;

  /**
   * @param places messages that it keeps
   * @param otherwise its decision about one more
   */
  constructor(places: number, otherwise: "reject" | "drop-newest") {
    this.places = places;
    this.otherwise = otherwise;
  }

  get engaged(): boolean {
    return this.kept.length > 0;
  }

  get size(): number {
    return this.kept.length;
  }

  offer({ payload }: OverflowMessage): OverflowDecision {
    if (this.releasing) return "reject";
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
