// Preloaded into what run.mjs starts: ends it (as SIGTERM would) when run.mjs is gone, even by SIGKILL.
import { Socket } from "node:net";

const fd = process.env.HOLDFAST_LIFELINE;
// In children that inherit our environment or our arguments, that descriptor is something else.
delete process.env.HOLDFAST_LIFELINE;
if (fd) {
  const pipe = new Socket({ fd: Number(fd), readable: true, writable: false });
  pipe.on("close", () => process.kill(process.pid, "SIGTERM"));
  pipe.on("error", () => {});
  pipe.resume();
  pipe.unref();
}
