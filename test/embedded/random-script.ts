import { Random } from "../../src/testing/random.js";

const SUBJECTS = [
  "a",
  "a.b",
  "a.*",
  "*.b",
  ">",
  "a.>",
  "a..b",
  ".a",
  "a.",
  "b",
  "c.d.e",
  "*.*.e",
  "$JS.API.X",
  "é",
];
const SIDS = ["1", "2", "3", "x"];
const HEADERS = "NATS/1.0\r\nA: b\r\n\r\n";
const DAMAGE = [" ", "\r", "\n", "\0", "X", "9", "-", "\t", ".", "*"];

/** What a client of little discipline may say: mostly the protocol, with odd blanks, cases, line ends and bytes. */
export function randomScript(seed: number): string {
  const random = new Random(seed);
  const queue = `q${seed}`;
  const blank = () => (random.chance(0.9) ? " " : random.pick(["  ", "\t", " \t"]));
  const lineEnd = () => (random.chance(0.95) ? "\r\n" : "\n");
  const verb = (word: string) => (random.chance(0.9) ? word : word.toLowerCase());
  const line = (...words: (string | number)[]) => words.join(blank()) + lineEnd();
  const subject = () => random.pick(SUBJECTS);
  const to = () => (random.chance(0.4) ? [subject(), subject()] : [subject()]);

  const say: Record<string, () => string> = {
    sub: () => line(verb("SUB"), subject(), ...(random.chance(0.15) ? [queue] : []), random.pick(SIDS)),
    unsub: () =>
      line(
        verb("UNSUB"),
        random.pick(SIDS),
        ...(random.chance(0.5) ? [random.pick(["1", "2", "0", "x"])] : []),
      ),
    pub: () => {
      const size = random.int(20);
      return `${line(verb("PUB"), ...to(), size)}${"x".repeat(size)}\r\n`;
    },
    hpub: () => {
      const size = random.int(20);
      const sizes = [HEADERS.length, HEADERS.length + size];
      return `${line(verb("HPUB"), ...to(), ...sizes)}${HEADERS}${"x".repeat(size)}\r\n`;
    },
    other: () => random.pick(["PING\r\n", "PONG\r\n", "+OK\r\n", "INFO {}\r\n"]),
  };

  let script = "";
  if (random.chance(0.9)) {
    const flags = { verbose: 0.3, pedantic: 0.5, headers: 0.7, echo: 0.8 };
    const fields: [string, unknown][] = Object.entries(flags).map(([name, p]) => [name, random.chance(p)]);
    if (random.chance(0.5)) fields.push(["protocol", 1]);
    script = `CONNECT ${JSON.stringify(Object.fromEntries(fields))}\r\n`;
  }
  for (let left = 1 + random.int(10); left > 0; left--) {
    script += say[random.weighted({ sub: 2, unsub: 1, pub: 3, hpub: 1, other: 1 })]();
    if (random.chance(0.04)) {
      const at = random.int(script.length);
      const rest = script.slice(at + random.int(2));
      script = script.slice(0, at) + (random.chance(0.3) ? "" : random.pick(DAMAGE)) + rest;
    }
  }
  return script;
}
