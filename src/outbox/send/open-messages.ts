import type { Journal } from "../journal/journal.js";

const OPEN = new WeakMap<Journal, Map<string, number>>();

/**
 * By message id, since when (monotonic ms) a stream may have had messages of this journal whose acknowledgement has not come before their connection was closed. The next
 * connection of the process sends them again. Not on disk: of what an earlier process has sent nothing is known.
 */
export function openMessagesOf(journal: Journal): Map<string, number> {
  let open = OPEN.get(journal);
  if (open === undefined) {
    open = new Map();
    OPEN.set(journal, open);
  }
  return open;
}
