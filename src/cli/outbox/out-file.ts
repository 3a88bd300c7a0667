import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A file that has its name only when it is whole: it is written beside it, readable for its owner alone, and gets its name at the end. An interruption leaves what was
 * there before.
 */
export class OutFile {
  readonly #path: string;
  readonly #part: string;
  #fd: number | undefined;

  /** @throws the file system's error */
  constructor(path: string) {
    this.#path = path;
    this.#part = `${path}.${randomBytes(4).toString("hex")}.part`;
    this.#fd = openSync(this.#part, "wx", 0o600);
  }

  /** @throws the file system's error */
  write(text: string): void {
    let bytes = Buffer.from(text);
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd!, bytes));
  }

  /**
   * Gives it its name.
   *
   * @throws the file system's error
   */
  finish(): void {
    fsyncSync(this.#fd!);
    this.#close();
    renameSync(this.#part, this.#path);
    syncFolder(dirname(this.#path));
  }

  /** Leaves nothing behind; after {@link finish} it does nothing. */
  abandon(): void {
    if (this.#fd === undefined) {
      // A name that could not be given leaves the part.
      rmSync(this.#part, { force: true });
      return;
    }
    this.#close();
    rmSync(this.#part, { force: true });
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** So that the name survives a loss of power, too; where a folder cannot be synced, it is left to the system. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {}
}
