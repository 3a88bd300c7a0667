/**
 * The items of everything that has none; never changed: who gets one makes an array of its own. Even an empty array takes room, and a
 * connection has dozens that stay empty.
 */
export const NONE: never[] = [];
