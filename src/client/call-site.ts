/** Where a call was made. */
export interface CallSite {
  stack?: string;
}

/**
 * Remembers where a call comes from, if its error will be made later, in the event loop: there a stack says nothing. The
 * stack is not put into words before somebody asks for it.
 *
 * @param below the function above which the stack begins
 */
export function callSite(below: (...args: never[]) => unknown): CallSite {
  const site: CallSite = {};
  Error.captureStackTrace(site, below);
  return site;
}

/** Adds to the stack of `error` where the call was made that it ends. */
export function calledAt<E extends Error>(error: E, site: CallSite | undefined): E {
  const frames = site?.stack?.split("\n").slice(1) ?? [];
  if (frames.length > 0) error.stack = [error.stack, "called:", ...frames].join("\n");
  return error;
}
