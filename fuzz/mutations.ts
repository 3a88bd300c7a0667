import fc from "fast-check";

/** Numbers at which programs err: bounds of types, of limits, and ways to write a number that are none. */
const NUMBERS = [
  "0",
  "1",
  "-1",
  "00",
  "+1",
  "1e3",
  "0x10",
  "1.5",
  "127",
  "128",
  "255",
  "256",
  "4095",
  "4096",
  "4097",
  "65535",
  "65536",
  "1048576",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "99999999999999999999",
  "NaN",
  "",
];

/** A way to change a text; positions are taken modulo its length. */
type Mutation =
  | { readonly op: "flip"; readonly at: number; readonly bit: number }
  | { readonly op: "insert"; readonly at: number; readonly text: string }
  | { readonly op: "delete"; readonly at: number; readonly length: number }
  | { readonly op: "duplicate"; readonly at: number; readonly length: number }
  | { readonly op: "splice"; readonly at: number; readonly other: number; readonly from: number }
  | { readonly op: "number"; readonly at: number; readonly text: string };

function apply(text: string, mutation: Mutation, seeds: readonly string[]): string {
  const at = mutation.at % (text.length + 1);
  const head = text.slice(0, at);
  switch (mutation.op) {
    case "flip": {
      if (at === text.length) return text;
      return head + String.fromCharCode(text.charCodeAt(at) ^ (1 << mutation.bit)) + text.slice(at + 1);
    }
    case "insert":
      return head + mutation.text + text.slice(at);
    case "delete":
      return head + text.slice(at + mutation.length);
    case "duplicate":
      return head + text.slice(at, at + mutation.length) + text.slice(at);
    case "splice": {
      const other = seeds[mutation.other % seeds.length];
      return head + other.slice(mutation.from % (other.length + 1));
    }
    case "number":
      return replaceNumber(text, mutation.at, mutation.text);
  }
}

function replaceNumber(text: string, which: number, by: string): string {
  const runs = [...text.matchAll(/\d+/g)];
  if (runs.length === 0) return text + by;
  const run = runs[which % runs.length];
  return text.slice(0, run.index) + by + text.slice(run.index + run[0].length);
}

/**
 * Known texts with a few changes: flipped bits, bytes inserted, deleted and doubled, ends of other texts, numbers at
 * the bounds of something.
 *
 * @param seeds what is changed
 * @param words what is inserted, beside any byte
 */
export function mutated(seeds: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  const base = seeds.length === 0 ? [""] : seeds;
  const at = fc.nat(0xffff);
  const length = fc.nat(40);
  const byte = fc.nat(255).map((code) => String.fromCharCode(code));
  const inserted = words.length === 0 ? byte : fc.oneof(byte, fc.constantFrom(...words));
  const mutation: fc.Arbitrary<Mutation> = fc.oneof(
    fc.record({ op: fc.constant("flip"), at, bit: fc.nat(7) }),
    fc.record({ op: fc.constant("insert"), at, text: inserted }),
    fc.record({ op: fc.constant("delete"), at, length }),
    fc.record({ op: fc.constant("duplicate"), at, length }),
    fc.record({ op: fc.constant("splice"), at, other: fc.nat(255), from: at }),
    fc.record({ op: fc.constant("number"), at, text: fc.constantFrom(...NUMBERS) }),
  );
  return fc
    .tuple(fc.constantFrom(...base), fc.array(mutation, { maxLength: 6 }))
    .map(([text, mutations]) => mutations.reduce((changed, next) => apply(changed, next, base), text));
}
