/** How much of a sample goes into what is expected, when it took longer than expected: RFC 6298, α and β. */
const EXPECTED_GAIN = 1 / 8;
const SPREAD_GAIN = 1 / 4;
/** How much, when it took less: what was in the way is gone, and after a few PINGs it is forgotten. */
const FORGETTING = 1 / 2;
/** Times the spread by which a round trip may take longer than expected: RFC 6298, K. */
const SPREADS = 4;
/** ms that the way alone takes, at most, by satellite: if even the quickest takes longer, the server is busy. */
const LONGEST_WAY = 500;

/**
 * What round trips on one link take, and how long one may take that nothing is wrong with: RFC 6298 with the PONGs in place of
 * TCP's acknowledgements. Otherwise than there, a round trip that is quicker than expected adds no spread: it is no reason to wait longer.
 */
export class RoundTrips {
  private expected: number | undefined;
  private spread = 0;
  private shortest = LONGEST_WAY;

  /** A PONG has come `rtt` ms after its PING, what was queued before it included. */
  add(rtt: number): void {
    const { expected } = this;
    this.shortest = Math.min(this.shortest, rtt);
    if (expected === undefined) {
      this.expected = rtt;
      this.spread = rtt / 2;
      return;
    }
    const late = Math.max(0, rtt - expected);
    this.spread += (late - this.spread) * SPREAD_GAIN;
    this.expected = expected + (rtt - expected) * (late > 0 ? EXPECTED_GAIN : FORGETTING);
  }

  /** ms that a round trip may take; undefined before the first one. */
  get longest(): number | undefined {
    return this.expected === undefined ? undefined : this.expected + SPREADS * this.spread;
  }

  /** ms that a round trip of `rtt` took longer than the quickest one so far: what it has waited for, behind other things. */
  delay(rtt: number): number {
    return Math.max(0, rtt - this.shortest);
  }
}
