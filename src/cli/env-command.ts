import type { Command } from "commander";
import { action, print } from "./action.js";
import { addExamples } from "./help.js";

/** Adds `holdfast env`. */
export function addEnvCommand(program: Command): void {
  const command = program
    .command("env")
    .description(
      "the environment variables that configure a client, and what is in force; secrets are masked",
    )
    .option("--markdown", "print it as Markdown")
    .action(
      action(async ({ markdown }: { markdown?: boolean }) => {
        const { env } = await import("./env.js");
        const { ok, text } = env(process.env, markdown === true ? "markdown" : "text");
        print(text);
        return ok ? 0 : 1;
      }),
    );
  addExamples(command, [
    ["holdfast env", "all variables, and what they say in this shell"],
    ["NATS_URL=nats://a,nats://b holdfast env", "would connect() take this?"],
    ["holdfast env --markdown > variables.md", "the same as a page"],
  ]);
}
