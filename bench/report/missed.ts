import { markdownTable } from "../../chaos/view/markdown.js";
import { FIGURES } from "../figures.js";
import type { TopFunctions } from "../profile/run.js";
import type { Result } from "../results.js";

/** The heading; the table of targets points to it. */
export const MISSED = "Where it goes in what is not reached";

/** What is not reached: by how much, how near a raw socket comes, and which functions of Holdfast take most. */
export function missedSection(results: readonly Result[]): string {
  const parts = results.flatMap(({ measured, verdicts }) => {
    const missed = verdicts.filter(({ met }) => !met);
    if (missed.length === 0) return [];
    const which = missed.map(({ target, found, socket }) => {
      const limit = socket === undefined ? "" : `; a raw socket in its place: ${socket}`;
      return `- ${target}: ${found}${limit}`;
    });
    const functions = measured.profile === undefined ? [] : [functionsTable(measured.profile, measured.of)];
    return [[`### ${measured.of.name}`, which.join("\n"), ...functions].join("\n\n")];
  });
  if (parts.length === 0) return "";
  return [
    `## ${MISSED}`,
    `What *a raw socket in its place* has is the limit for any client: where it does not reach the target either, the server and the system need the time.
Functions of Holdfast's process by self time are from a run of its own under \`--cpu-prof\` (more of it: \`npm run bench -- --profile CASE\`); \`writev\`, \`writeBuffer\` and
\`(program)\` are system calls and other native code. Memory is by the function that has allocated what is still held, under \`--heap-prof\`.`,
    ...parts,
  ].join("\n\n");
}

function functionsTable(
  { of, functions }: TopFunctions,
  { unit, holder = unit }: { unit: string; holder?: string },
): string {
  const rows = functions.map(({ name, share, each, where }) => [
    `\`${name}\``,
    each === undefined ? `${(share * 100).toFixed(1)} %` : FIGURES.memory.format(each),
    where,
  ]);
  const each = functions.some((one) => one.each !== undefined);
  const part = of === "time" ? "of its busy time" : each ? `held per ${holder}` : "of what is held";
  return markdownTable([{ head: "function" }, { head: part, right: true }, { head: "where" }], rows);
}
