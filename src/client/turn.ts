let count = 0;
let open = false;

function close(): void {
  open = false;
  count++;
}

/** A tick runs when all microtasks have, also those that follow from others. */
function closeAfterMicrotasks(): void {
  process.nextTick(close);
}

/**
 * Number of the present turn of the event loop. A turn that nobody asks about costs nothing; the first who
 * asks has its end watched for.
 */
export function thisTurn(): number {
  if (!open) {
    open = true;
    queueMicrotask(closeAfterMicrotasks);
  }
  return count;
}
