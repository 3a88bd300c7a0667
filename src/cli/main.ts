#!/usr/bin/env node
import { fail } from "./action.js";
import { makeProgram } from "./program.js";

for (const stream of [process.stdout, process.stderr]) {
  // The reader of a pipe went away (`| head`): there is nobody left to tell anything.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
// Nobody who uses a command has asked for a stack: --debug shows it.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => process.exit(fail(error)));
}

await makeProgram().parseAsync();
