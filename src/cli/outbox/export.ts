import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { type DamagedRecord, type ExportOptions, exportOutbox, inspectOutbox } from "../../outbox/index.js";
import { countOf } from "./figures.js";
import { describeDamaged } from "./inspect.js";
import { Interrupt } from "./interrupt.js";
import { jsonLine } from "./json-line.js";
import { OutFile } from "./out-file.js";
import { makeBar } from "./progress-bar.js";

/** Options of `holdfast outbox export`. */
export interface ExportCommandOptions extends Omit<ExportOptions, "damaged" | "decrypt"> {
  /** A file; default: standard output. */
  out?: string;
}

/** Messages. */
const LOOK_EVERY = 500;

/** Where lines go. */
interface Sink {
  /** False: nobody wants more. */
  write(line: string): Promise<boolean>;
  finish(): void;
  abandon(): void;
}

/**
 * Prints the messages as lines of JSON, or writes them to a file; returns the exit code: 1 when some cannot be read, which are named and left out. Rejects as `exportOutbox()` does, or with an error of the file system.
 */
export async function runExport(path: string, given: ExportCommandOptions): Promise<number> {
  const interrupt = new Interrupt();
  try {
    return await exportAll(path, given, interrupt);
  } finally {
    interrupt.done();
  }
}

async function exportAll(
  path: string,
  { out, ...options }: ExportCommandOptions,
  interrupt: Interrupt,
): Promise<number> {
  // Before the file is begun: what is wrong with the outbox is told without one.
  const { messages, parked } = await inspectOutbox(path);
  const total = Math.min(
    options.limit ?? Number.POSITIVE_INFINITY,
    options.parked === true ? parked : messages,
  );
  const sink = out === undefined ? standardOutput() : intoFile(out);
  const bar = out === undefined ? undefined : makeBar("export");
  const unreadable: DamagedRecord[] = [];
  let written = 0;
  try {
    for await (const message of exportOutbox(path, { ...options, damaged: (one) => unreadable.push(one) })) {
      if (interrupt.heard || !(await sink.write(jsonLine(message)))) break;
      written++;
      if (written % LOOK_EVERY === 0) {
        bar?.update(written, Math.max(written, total));
        // So that Ctrl-C is heard, however fast the disk is.
        await setImmediate();
      }
    }
    if (interrupt.heard) return interrupt.code;
    sink.finish();
  } finally {
    bar?.stop();
    sink.abandon();
  }
  if (out !== undefined) process.stderr.write(`${countOf(written, "message")} written to ${out}\n`);
  if (unreadable.length === 0) return 0;
  for (const line of describeDamaged(unreadable)) process.stderr.write(`holdfast: left out, ${line}\n`);
  return 1;
}

/** Its reader may go away (`| head`): that is no error. */
function standardOutput(): Sink {
  const { stdout } = process;
  let gone = false;
  const fail = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    gone = true;
  };
  stdout.on("error", fail);
  return {
    async write(line) {
      if (!gone && !stdout.write(line))
        await Promise.race([once(stdout, "drain"), once(stdout, "close")]).catch(fail);
      return !gone;
    },
    finish() {},
    abandon() {},
  };
}

function intoFile(path: string): Sink {
  const file = new OutFile(path);
  return {
    async write(line) {
      file.write(line);
      return true;
    },
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}
