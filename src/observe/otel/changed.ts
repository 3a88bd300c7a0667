/** A copy of the options of a call with something else in it. They stay as they are, and what they inherit is inherited. */
export function changed<O extends object>(options: O | undefined, change: object): O {
  const prototype = options === undefined ? Object.prototype : Object.getPrototypeOf(options);
  return Object.assign(Object.create(prototype), options, change);
}
