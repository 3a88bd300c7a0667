import { toNatsError } from "./errors.js";

/** Throws what `error` is in this API. */
export function rethrow(error: unknown): never {
  throw toNatsError(error);
}

/** Runs `work`; what it throws comes out as a `NatsError`. */
export function translated<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    return rethrow(error);
  }
}

/** An iterator whose errors are `NatsError`s. */
export function translatedIterator<T>(inner: AsyncIterator<T>): AsyncIterableIterator<T> {
  return {
    next: () => inner.next().then(undefined, rethrow),
    return: async (value?: unknown) => (await inner.return?.(value)) ?? { done: true, value },
    throw: async (error?: unknown) => (await inner.throw?.(error)) ?? rethrow(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * An object of an official package in the shape of `nats` 2: `changes` replaces or adds members, all others are the
 * object's own, and what they throw or reject with is a `NatsError`.
 */
export function adapt<T extends object, C extends object>(target: T, changes: C): Omit<T, keyof C> & C {
  const wrapped = new Map<PropertyKey, unknown>();
  const proxy = new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const made = wrapped.get(name) ?? translatedMethod(target, value as Method);
      wrapped.set(name, made);
      return made;
    },
    has: (_, name) => Object.hasOwn(changes, name) || Reflect.has(target, name),
  });
  return proxy as unknown as Omit<T, keyof C> & C;
}

type Method = (...args: never[]) => unknown;

function translatedMethod(target: object, method: Method): Method {
  return (...args: never[]) => {
    const result = translated(() => method.apply(target, args));
    return result instanceof Promise ? result.catch(rethrow) : result;
  };
}

/** The same for something to iterate over; `view` is what the iteration sees. */
export function adaptIterable<T extends AsyncIterable<unknown>, C extends object>(
  target: T,
  changes: C,
  view: () => AsyncIterator<unknown> = () => target[Symbol.asyncIterator](),
) {
  const iterate = () => translatedIterator(view()) as ReturnType<T[typeof Symbol.asyncIterator]>;
  return adapt(target, { ...changes, [Symbol.asyncIterator]: iterate });
}
