/** Policies without a name of their own that get one each. */
const MOST = 16;

/**
 * Names for policies that were given none: `policy`, `policy2`, … `policy16` in the order in which they are made, so that each has series of its own in
 * metrics, under the same name at every start of the same program. All that come later are `policy-other`: a program that makes policies without
 * end must not make series without end.
 */
export class DefaultNames {
  private given = 0;
  private readonly most: number;

  constructor(most: number = MOST) {
    this.most = most;
  }

  next(): string {
    if (this.given >= this.most) return "policy-other";
    this.given++;
    // Without a hyphen: what shows names takes a number by itself for an id, and leaves it out.
    return this.given === 1 ? "policy" : `policy${this.given}`;
  }
}
