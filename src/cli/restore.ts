/** Signals that end a process and that no command here waits for: SIGINT and SIGTERM end the commands themselves. */
const SIGNALS = ["SIGHUP", "SIGQUIT"] as const;

const restores = new Set<() => void>();

function all(): void {
  for (const restore of [...restores]) restore();
}

function ended(signal: NodeJS.Signals): void {
  all();
  forget();
  // With nobody listening any more it ends the process, as it would have.
  process.kill(process.pid, signal);
}

function forget(): void {
  process.off("exit", all);
  for (const signal of SIGNALS) process.off(signal, ended);
}

/**
 * Has `restore` called when the process ends, also by SIGHUP or SIGQUIT: a terminal is left as it was. What `restore` throws is its own
 * business: it has to bear that the terminal is gone.
 *
 * @returns to be called when there is nothing to be restored any more
 */
export function restoreAtEnd(restore: () => void): () => void {
  if (restores.size === 0) {
    process.on("exit", all);
    for (const signal of SIGNALS) process.on(signal, ended);
  }
  restores.add(restore);
  return () => {
    if (restores.delete(restore) && restores.size === 0) forget();
  };
}
