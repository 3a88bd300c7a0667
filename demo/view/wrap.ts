/** Breaks a paragraph between words at `width`; what follows the first line stands under its text. */
export function wrap(text: string, width: number, indent = "  "): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line !== "" && line.length + word.length + 1 > width) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
