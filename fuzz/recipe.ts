import fc from "fast-check";

/**
 * Any JavaScript value, written as JSON: JSON itself, and `{ "$": kind }` for what JSON has not. An object's property
 * of kind `getter` throws when it is read.
 */
export type Recipe =
  | null
  | boolean
  | number
  | string
  | readonly Recipe[]
  | { readonly [name: string]: Recipe };

const KINDS: Record<string, () => unknown> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "-Infinity": () => Number.NEGATIVE_INFINITY,
  "-0": () => -0,
  bigint: () => 10n,
  symbol: () => Symbol("s"),
  function: () => () => undefined,
  thrower: () => () => {
    throw new Error("thrown by a function of the user's");
  },
  class: () => class Some {},
  bytes: () => new Uint8Array([0, 255, 13, 10]),
  buffer: () => Buffer.from("bytes"),
  words: () => new Uint16Array([1, 2]),
  date: () => new Date(0),
  invalidDate: () => new Date(Number.NaN),
  map: () => new Map([["servers", "a"]]),
  regexp: () => /x/,
  String: () => new String("a"),
  Number: () => new Number(5),
  error: () => new Error("an error as a value"),
  bare: () => Object.create(null),
  inherits: () => Object.create({ inherited: 1 }),
  frozen: () => Object.freeze({}),
  sparse: () => new Array(3),
  circular: () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    return value;
  },
  promise: () => Promise.resolve(1),
  // biome-ignore lint/suspicious/noThenProperty: a user's value may have one
  thenable: () => ({ then: "not a function" }),
  proxy: () =>
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("thrown by a proxy");
        },
        get: () => {
          throw new Error("thrown by a proxy");
        },
      },
    ),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  toString: () => ({
    toString: () => {
      throw new Error("thrown by toString()");
    },
  }),
};

/** Kinds of what throws as soon as it is looked at. */
const EXPLOSIVE = ["proxy", "revoked", "toString", "thrower"];

export function build(recipe: Recipe): unknown {
  if (Array.isArray(recipe)) return recipe.map(build);
  if (typeof recipe !== "object" || recipe === null) return recipe;
  const parts = recipe as Record<string, Recipe>;
  if (typeof parts.$ === "string" && KINDS[parts.$] !== undefined) return KINDS[parts.$]();
  const value: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(parts)) define(value, name, part);
  return value;
}

function define(value: object, name: string, part: Recipe): void {
  const isGetter = typeof part === "object" && part !== null && (part as { $?: unknown }).$ === "getter";
  const get = () => {
    throw Object.create(null);
  };
  // Not by assignment: a property may be called `__proto__`.
  const property = isGetter ? { get } : { value: build(part), writable: true };
  Object.defineProperty(value, name, { ...property, enumerable: true, configurable: true });
}

const special = (kinds: readonly string[]) => fc.constantFrom(...kinds.map((kind) => ({ $: kind })));

/** Any value; with `explosive`, also those that throw when they are looked at. */
export function anyRecipe({ explosive = false } = {}): fc.Arbitrary<Recipe> {
  const kinds = Object.keys(KINDS).filter((kind) => explosive || !EXPLOSIVE.includes(kind));
  const leaf: fc.Arbitrary<Recipe> = fc.oneof(
    special(kinds),
    fc.constantFrom<Recipe>(
      null,
      true,
      false,
      0,
      -1,
      1,
      0.5,
      1e9,
      1e300,
      2 ** 31,
      2 ** 53,
      "",
      "a",
      "a b",
      "x\r\ny",
      [],
      {},
    ),
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  return fc.oneof(
    { weight: 5, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), leaf, { maxKeys: 3 }) },
  );
}
