/** Where a call was made: an error that nobody throws. */
export type CallSite = Error;

/** Lines of a stack above the caller's: the message, this file, and the function that is called. */
const ABOVE = 3;

/**
 * Remembers where the calling function was called, for an error that will be made later, in the event loop, where a stack
 * says nothing. The stack is not put into words before somebody needs it.
 */
export function callSite(): CallSite {
  return new Error();
}

/** Adds to the stack of `error` where the call was made that it ends. */
export function calledAt<E extends Error>(error: E, site: CallSite | undefined): E {
  const frames = site?.stack?.split("\n").slice(ABOVE) ?? [];
  if (frames.length > 0) error.stack = [error.stack, "called:", ...frames].join("\n");
  return error;
}
