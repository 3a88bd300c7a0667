const EIGHTHS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A line of blocks, each as high as its value between the least and the greatest. */
export function sparkline(values: readonly number[]): string {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  return values
    .map((value) => EIGHTHS[range === 0 ? 0 : Math.min(7, Math.floor(((value - least) / range) * 8))])
    .join("");
}

/**
 * Columns over an axis: the first row is the greatest value, the last one the least. `label` writes a value in front of its
 * row.
 */
export function columns(values: readonly number[], rows: number, label: (value: number) => string): string[] {
  const least = Math.min(...values);
  const step = (Math.max(...values) - least) / rows || 1;
  const labels = Array.from({ length: rows }, (_, row) => label(least + step * (rows - row)));
  const width = Math.max(...labels.map((text) => text.length), label(least).length);
  const lines = labels.map((text, row) => {
    const floor = least + step * (rows - 1 - row);
    const blocks = values.map((value) => {
      const eighths = Math.round(((value - floor) / step) * 8);
      return eighths <= 0 ? " " : EIGHTHS[Math.min(8, eighths) - 1];
    });
    return `${text.padStart(width)} ┤${blocks.join("")}`.trimEnd();
  });
  return [...lines, `${label(least).padStart(width)} └${"─".repeat(values.length)}`];
}
