import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type DamagedRecord, type ExportOptions, exportOutbox, inspectOutbox } from "../../outbox/index.js";
import { WrongUse } from "./ended.js";
import { countOf } from "./figures.js";
import { describeDamaged } from "./inspect.js";
import { Interrupt } from "./interrupt.js";
import { jsonLine } from "./json-line.js";
import { LinesOut } from "./lines-out.js";
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
  const sink = out === undefined ? new LinesOut(process.stdout) : intoFile(out);
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

/** @throws WrongUse when the path is that of something else than a file */
function intoFile(path: string): Sink {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new WrongUse(`--out ${path} is a folder: say which file in it`);
  // It would be replaced by a file, as /dev/null by who may do that.
  if (found && !found.isFile())
    throw new WrongUse(`--out ${path} is no file: leave it out, and redirect standard output`);
  const file = beginFile(path);
  return {
    async write(line) {
      file.write(line);
      return true;
    },
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}

function beginFile(path: string): OutFile {
  try {
    return new OutFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Error(`--out ${path}: there is no folder ${dirname(path)}`);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new Error(`--out ${path}: this process may not write there (${code})`);
    throw error;
  }
}
