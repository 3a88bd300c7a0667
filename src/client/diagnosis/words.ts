/** A time as people say it: `350 ms`, `2.5 s`, `20 s`, `6 min`, `2.5 h`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${rounded(ms / 1000)} s`;
  if (ms < 7_200_000) return `${rounded(ms / 60_000)} min`;
  return `${rounded(ms / 3_600_000)} h`;
}

/** A size as people say it: `700 bytes`, `12 KiB`, `1.5 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} bytes`;
  if (bytes < 1024 * 1024) return `${rounded(bytes / 1024)} KiB`;
  return `${rounded(bytes / (1024 * 1024))} MiB`;
}

/** With one digit behind the point where there are few before it. */
function rounded(value: number): string {
  return `${value < 20 ? Math.round(value * 10) / 10 : Math.round(value)}`;
}

/** Some of many texts. */
export function listText(texts: readonly string[], most = 5): string {
  const rest = texts.length - most;
  return rest <= 0 ? texts.join(", ") : `${texts.slice(0, most).join(", ")} and ${rest} more`;
}
