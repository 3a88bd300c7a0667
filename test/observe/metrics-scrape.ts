/** A register of prom-client, as far as it is read. */
interface Register {
  metrics(): Promise<string>;
}

/** One line of a scrape. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** What a Prometheus gets. Fails for what Prometheus would refuse: a line that is none, the same series twice. */
export class Scrape {
  readonly text: string;
  readonly series: readonly Series[];
  /** `HELP` and `TYPE` by name. */
  readonly help = new Map<string, string>();
  readonly types = new Map<string, string>();

  static async of(register: Register): Promise<Scrape> {
    return new Scrape(await register.metrics());
  }

  constructor(text: string) {
    this.text = text;
    const series = new Map<string, Series>();
    for (const line of text.split("\n")) {
      const about = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
      if (about !== null) {
        const [, what, name, rest] = about;
        const known = what === "HELP" ? this.help : this.types;
        if (known.has(name)) throw new Error(`${what} of ${name} twice`);
        known.set(name, rest);
      } else if (line !== "" && line !== "# EOF") {
        const one = parse(line);
        const key = one.name + JSON.stringify(Object.entries(one.labels).toSorted());
        if (series.has(key)) throw new Error(`twice: ${line}`);
        series.set(key, one);
      }
    }
    this.series = [...series.values()];
  }

  /** All series of a name that have these labels. */
  all(name: string, labels: Record<string, string> = {}): Series[] {
    const wanted = Object.entries(labels);
    return this.series.filter(
      (one) => one.name === name && wanted.every(([label, value]) => one.labels[label] === value),
    );
  }

  /** The value of the only series of this name that has these labels; undefined when there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.all(name, labels);
    if (found.length > 1) throw new Error(`${found.length} series of ${name} ${JSON.stringify(labels)}`);
    return found[0]?.value;
  }

  /** The values of one label of a name, by which its series differ. */
  by(name: string, label: string, labels: Record<string, string> = {}): Record<string, number> {
    return Object.fromEntries(this.all(name, labels).map((one) => [one.labels[label], one.value]));
  }

  /** Counters, and counts of histograms, that are lower than they were or gone; a name and labels each. */
  lowerThan(before: Scrape): string[] {
    return before.series
      .filter(({ name }) => /_(total|bucket|count|sum)$/.test(name))
      .filter(({ name, labels, value }) => {
        const now = this.series.find(
          (one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels),
        );
        return now === undefined || now.value < value;
      })
      .map(({ name, labels }) => name + JSON.stringify(labels));
  }
}

function parse(line: string): Series {
  const parts = LINE.exec(line);
  if (parts === null) throw new Error(`no line of a scrape: ${line}`);
  const [, name, text = "", value] = parts;
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const label = LABEL.exec(text);
    if (label === null) throw new Error(`no labels: ${line}`);
    if (Object.hasOwn(labels, label[1])) throw new Error(`label ${label[1]} twice: ${line}`);
    labels[label[1]] = label[2].replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    at = LABEL.lastIndex;
  }
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  if (Number.isNaN(number)) throw new Error(`no number: ${line}`);
  return { name, labels, value: number };
}
