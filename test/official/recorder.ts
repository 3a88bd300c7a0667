import type { Connection } from "../../src/index.js";

type Callable = (...args: unknown[]) => unknown;

/** What the results of calls, and the values of properties, are called in the notes; what is not here is not followed. */
const FOLLOWED: Record<string, string> = {
  "nc.options": "options",
  "nc.features": "features",
  "nc.info": "info",
  "nc.status()": "status",
  "nc.subscribe()": "sub",
  "nc.request()": "msg",
  "nc.requestMany()": "answers",
  "answers.[Symbol.asyncIterator]()": "answers",
  "answers.next().value": "msg",
  "msg.publisher": "publisher",
  "publisher.options": "options",
  "publisher.muxSubscriptions": "mux",
};

/** Asked for by the language itself, when a promise is resolved with an object. */
const OF_THE_LANGUAGE = new Set(["then"]);

/**
 * Stands between a connection and the packages that use it, and notes every property that they reach for on it, on its
 * subscriptions, messages and iterators, and the names of the options that they give.
 */
export class Recorder {
  /** Such as `nc.subscribe`, `nc.subscribe({callback})`, `sub.getSubject`. */
  readonly touched = new Set<string>();
  /** Those of them that are not there. */
  readonly absent = new Set<string>();
  private readonly targets = new WeakMap<object, object>();

  /** The connection to give to a package. */
  connection(nc: Connection): Connection {
    return this.follow(nc, "nc");
  }

  private follow<T>(target: T, name: string): T {
    if (typeof target !== "object" || target === null) return target;
    const proxy = new Proxy(target, {
      get: (_, key) => this.get(target, name, key),
      set: (_, key, value) => {
        this.touched.add(`${name}.${String(key)} =`);
        return Reflect.set(target, key, value);
      },
      has: (_, key) => {
        this.note(target, name, key);
        return key in target;
      },
    });
    this.targets.set(proxy, target);
    return proxy;
  }

  private note(target: object, name: string, key: string | symbol): string {
    const property = `${name}.${typeof key === "symbol" ? `[${key.description}]` : key}`;
    if (OF_THE_LANGUAGE.has(String(key))) return property;
    this.touched.add(property);
    if (!(key in target)) this.absent.add(property);
    return property;
  }

  private get(target: object, name: string, key: string | symbol): unknown {
    const property = this.note(target, name, key);
    const value: unknown = Reflect.get(target, key, target);
    if (typeof value !== "function") return this.named(value, property);
    return (...args: unknown[]) => {
      const own = args.map((arg) => this.argument(arg, property));
      const result = (value as Callable).apply(target, own);
      if (!(result instanceof Promise)) return this.named(result, `${property}()`);
      return result.then((settled) => this.named(settled, `${property}()`));
    };
  }

  private named(value: unknown, property: string): unknown {
    if (property === "answers.next()") {
      const { value: msg, done } = value as IteratorResult<unknown>;
      return { done, value: this.named(msg, `${property}.value`) };
    }
    const name = FOLLOWED[property];
    return name === undefined ? value : this.follow(value, name);
  }

  /** What a package hands over: the objects behind our proxies, options by name, callbacks that get proxies. */
  private argument(arg: unknown, property: string): unknown {
    if (typeof arg !== "object" || arg === null) return arg;
    const target = this.targets.get(arg);
    if (target !== undefined) return target;
    if (Object.getPrototypeOf(arg) !== Object.prototype) return arg;
    const options: Record<string, unknown> = { ...arg };
    for (const [option, value] of Object.entries(options)) {
      if (value !== undefined) this.touched.add(`${property}({${option}})`);
    }
    const { callback } = options;
    if (typeof callback === "function") {
      options.callback = (error: unknown, msg: unknown) => callback(error, this.follow(msg, "msg"));
    }
    return options;
  }
}
