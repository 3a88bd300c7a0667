/** The parts of a `.cpuprofile` that are read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The node that was running at each tick. */
  readonly samples: readonly number[];
  /** µs from the tick before to each tick. */
  readonly timeDeltas: readonly number[];
}

/** A function as it was called in one place. */
export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** Where a function begins; line and column count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** How long a function itself ran, without what it called. */
export interface SelfTime {
  readonly frame: CallFrame;
  readonly seconds: number;
  /** Part of the time in which the process was not idle, 0 to 1. */
  readonly share: number;
}

/**
 * Functions by self time, the longest first. One function is one row, whoever called it.
 *
 * @param waiting names of functions that only wait: they, and what they call, are idle
 */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, waiting: string[] = []): SelfTime[] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const idle = below(nodes, new Set(["(idle)", ...waiting]));
  const micros = new Map<string, { frame: CallFrame; micros: number }>();
  let busy = 0;
  for (let tick = 0; tick + 1 < samples.length; tick++) {
    if (idle.has(samples[tick])) continue;
    const frame = frames.get(samples[tick])!;
    // What was running at a tick ran until the next one.
    const lasted = timeDeltas[tick + 1];
    busy += lasted;
    const key = `${frame.functionName} ${frame.url} ${frame.lineNumber} ${frame.columnNumber}`;
    const known = micros.get(key);
    if (known === undefined) micros.set(key, { frame, micros: lasted });
    else known.micros += lasted;
  }
  return [...micros.values()]
    .sort((a, b) => b.micros - a.micros)
    .map((one) => ({ frame: one.frame, seconds: one.micros / 1e6, share: one.micros / busy }));
}

/** The nodes of functions with these names, and all nodes below them. */
function below(nodes: readonly ProfileNode[], names: ReadonlySet<string>): Set<number> {
  const children = new Map(nodes.map((node) => [node.id, node.children ?? []]));
  const found = new Set<number>();
  const add = (id: number) => {
    found.add(id);
    children.get(id)!.forEach(add);
  };
  for (const { id, callFrame } of nodes) if (names.has(callFrame.functionName)) add(id);
  return found;
}
