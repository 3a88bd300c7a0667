import type { Command } from "commander";
import { action } from "./action.js";
import { addExamples } from "./help.js";

/** Adds `holdfast explain`. */
export function addExplainCommand(program: Command): void {
  const command = program
    .command("explain")
    .description("what a cause of a disconnect, or the code of an error, means, and what to do")
    .argument("[what]", "a kind such as stale, or a code such as TLS_FAILED; default: lists them")
    .action(
      action(async (what: string | undefined) => {
        const { runExplain } = await import("./explain.js");
        return runExplain(what);
      }),
    );
  addExamples(command, [
    ["holdfast explain", "all kinds and codes"],
    ["holdfast explain lame-duck", "the page of the guide"],
    ["holdfast explain MAX_PAYLOAD_EXCEEDED", "a code"],
  ]);
}
