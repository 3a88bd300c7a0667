import { exit } from "node:process";

/**
 * The child's end of the channel to the orchestrator. A child lives exactly as long as the channel: should the
 * orchestrator be gone, the process ends, whatever it was doing.
 */
export function takeRole<In, Out>(handle: (order: In) => void | Promise<void>): (message: Out) => void {
  // Ctrl-C reaches the whole process group; the orchestrator decides what happens then.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => exit(0));
  process.on("message", (order: In) => {
    // A failing order is a crash, and is to be seen as one.
    Promise.resolve(order)
      .then(handle)
      .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`, () => exit(1));
      });
  });
  return (message) => {
    if (process.connected) process.send?.(message);
  };
}
