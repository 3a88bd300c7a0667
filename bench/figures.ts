/** What a measurement can yield. */
export type FigureName = keyof typeof FIGURES;

/** The figures of one measurement. */
export type Sample = Partial<Record<FigureName, number>>;

/** The figures of one run of a case, by the names of its steps. */
export type Run = Readonly<Record<string, Sample>>;

/** What a figure is. */
export interface Figure {
  readonly label: string;
  /** Which of two is the better one. */
  readonly better: "more" | "less";
  readonly format: (value: number) => string;
  /** Whether ratios of it say anything; default true. */
  readonly compared?: boolean;
  /** It is a multiple of something itself; default false. */
  readonly multiple?: boolean;
}

/** All figures; the unit (message, request, subscription, connection) is the case's. */
export const FIGURES = {
  /** Units per second. */
  rate: { label: "per second", better: "more", format: rate },
  /** Seconds of CPU per unit: of the whole process, all threads, system time with it. */
  cpu: { label: "CPU per unit", better: "less", format: micros },
  /** Seconds of CPU that the server had for all of it. */
  serverCpu: {
    label: "CPU time of the server",
    better: "less",
    format: (seconds: number) => duration(seconds * 1000),
  },
  /** Part of the time in which its main thread could have run, but another one had the core. */
  waited: { label: "without a core", better: "less", compared: false, format: percent },
  /** Seconds for all of it. */
  time: { label: "time", better: "less", format: (seconds: number) => duration(seconds * 1000) },
  /** ms from the time at which a message was due to its arrival: quantiles. */
  p50: { label: "p50", better: "less", format: latency },
  p99: { label: "p99", better: "less", format: latency },
  p999: { label: "p99.9", better: "less", format: latency },
  /** Bytes per unit of heap and external memory, after a collection. */
  memory: { label: "memory per unit", better: "less", format: bytes },
  /** Bytes per unit of resident memory, after a collection. */
  resident: { label: "resident per unit", better: "less", format: bytes },
  /** Seconds of CPU per unit and second in which nothing happens. */
  idleCpu: { label: "idle CPU per unit and second", better: "less", format: micros },
  /** Writes to disk that were waited for, for 1,000 units. */
  commits: {
    label: "commits per 1,000 units",
    better: "less",
    compared: false,
    format: (value: number) => value.toFixed(value < 10 ? 2 : 0),
  },
  /** Most memory that the process ever had, bytes. */
  peakRss: { label: "peak RSS", better: "less", format: mebibytes },
  /** Time of twice the work over that of the work. */
  doubling: {
    label: "time of twice the work",
    better: "less",
    multiple: true,
    format: (value: number) => `${value.toFixed(2)} ×`,
  },
  /** ms from the kill of a server to working again. */
  recovery: { label: "recovery", better: "less", format: duration },
} as const satisfies Record<string, Figure>;

/** What a figure is called where so-and-so is counted, and memory by somebody else. */
export function labelOf(
  figure: FigureName,
  { unit, holder = unit }: { unit: string; holder?: string },
): string {
  if (figure === "rate") return `${unit}s per second`;
  return FIGURES[figure].label.replace("unit", figure === "memory" ? holder : unit);
}

/** 1234567 → "1.23 M", 123456 → "123 k", 4321 → "4.32 k". */
export function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${threeDigits(perSecond / 1e6)} M`;
  if (perSecond >= 1e3) return `${threeDigits(perSecond / 1e3)} k`;
  return perSecond.toFixed(0);
}

function threeDigits(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** Seconds as "0.53 µs". */
function micros(seconds: number): string {
  const value = seconds * 1e6;
  return `${value < 100 ? value.toFixed(2) : value.toFixed(0)} µs`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

function latency(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : duration(ms);
}

function bytes(value: number): string {
  return Math.abs(value) < 10_000 ? `${value.toFixed(0)} B` : `${(value / 1024).toFixed(1)} KiB`;
}

function mebibytes(value: number): string {
  return `${Math.round(value / 1024 / 1024)} MiB`;
}

/** "3.2 ms", "184 ms", "1.84 s", and "never". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "never";
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
