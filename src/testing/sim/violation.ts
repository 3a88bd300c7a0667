/** A rule of promises.md, or of the NATS protocol, was broken. `rule` is its short name, stable across runs. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.name = "Violation";
    this.rule = rule;
  }
}

/** Throws a {@link Violation} of `rule` unless `holds`; `detail` is only called for a report. */
export function demand(holds: boolean, rule: string, detail: () => string): asserts holds {
  if (!holds) throw new Violation(rule, detail());
}
