/** Where a call was made: an error that nobody throws. */
export type CallSite = Error;

/** Frames that are kept: each costs every request about half a microsecond, and the first of the caller's say where it was. */
const FRAMES = 7;

/** Lines of a stack above the caller's: the message, this file, and the calls of requester and connection. */
const ABOVE = 4;

/**
 * Remembers where the calling function was called, for an error that will be made later, in the event loop, where a stack
 * says nothing. The stack is not put into words before somebody needs it.
 */
export function callSite(): CallSite {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.min(limit, FRAMES);
  const site = new Error();
  Error.stackTraceLimit = limit;
  return site;
}

/**
 * Makes the stack of `error` say where the call was made that it ends, instead of the turn of the event loop in which it came.
 * Put into words only when somebody reads it: a lost link may end a hundred thousand requests at once.
 */
export function calledAt<E extends Error>(error: E, site: CallSite | undefined): E {
  if (site === undefined) return error;
  let stack: string | undefined;
  const read = () => {
    if (stack !== undefined) return stack;
    const frames = site.stack?.split("\n").slice(ABOVE) ?? [];
    stack = [`${error.name}: ${error.message}`, "called:", ...frames].join("\n");
    return stack;
  };
  const write = (value: string) => {
    stack = value;
  };
  return Object.defineProperty(error, "stack", {
    get: read,
    set: write,
    configurable: true,
    enumerable: false,
  });
}
