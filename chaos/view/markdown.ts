/** A column of a table: its head, and on which side its cells stand. */
export interface Column {
  readonly head: string;
  readonly right?: boolean;
}

/** A table that can be read as it is, too: columns have a width. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ head }, index) =>
    Math.max(3, head.length, ...rows.map((row) => row[index].length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => (columns[index].right ? cell.padStart(widths[index]) : cell.padEnd(widths[index]))).join(" | ")} |`;
  const rule = columns.map(({ right }, index) =>
    right ? `${"-".repeat(widths[index] - 1)}:` : "-".repeat(widths[index]),
  );
  return [line(columns.map(({ head }) => head)), line(rule), ...rows.map(line)].join("\n");
}
