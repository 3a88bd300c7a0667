#!/usr/bin/env node
import { Command, InvalidArgumentError } from "commander";
import { VERSION } from "../index.js";
import { check, describeReport } from "./check.js";
import { env } from "./env.js";
import { addOutboxCommands } from "./outbox/command.js";

function milliseconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 3_600_000))
    throw new InvalidArgumentError("It must be milliseconds, 1 to 3600000.");
  return value;
}

const program = new Command("holdfast")
  .description("A NATS client that keeps its connection and its promises.")
  .version(VERSION)
  // Wrong use has an exit code of its own.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

program
  .command("check")
  .description("connect, measure round trips, and say what was found")
  .argument("[servers...]", "host:port or nats://[user:pass@]host:port", [])
  .option("--creds <file>", "file with a JWT and its seed")
  .option("--timeout <ms>", "deadline of each attempt, ms", milliseconds, 5000)
  .option("--json", "print the report as JSON")
  .action(async (servers: string[], options: { timeout: number; creds?: string; json?: boolean }) => {
    const report = await check(servers, options);
    process.stdout.write(
      `${options.json === true ? JSON.stringify(report, null, 2) : describeReport(report)}\n`,
    );
    process.exitCode = report.ok ? 0 : 1;
  });

program
  .command("env")
  .description("the environment variables that configure a client, and what is in force; secrets are masked")
  .option("--markdown", "print it as Markdown")
  .action((options: { markdown?: boolean }) => {
    const { ok, text } = env(process.env, options.markdown === true ? "markdown" : "text");
    process.stdout.write(`${text}\n`);
    process.exitCode = ok ? 0 : 1;
  });

addOutboxCommands(program);

// The reader of a pipe went away (`| head`): there is nobody left to tell anything.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

await program.parseAsync();
