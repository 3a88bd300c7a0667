import { closeSync, openSync, readSync } from "node:fs";

/** Bytes that a file of credentials or certificates has at most. */
const MOST = 1024 * 1024;

/**
 * Reads a file of credentials or certificates. What never ends, such as `/dev/zero`, is left at 1 MiB.
 *
 * @throws an error of the file system, or one with `code` `EFBIG` for a file that is larger than 1 MiB
 */
export function readSmallFile(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const pieces: Buffer[] = [];
    for (let size = 0; ; ) {
      const piece = Buffer.allocUnsafe(PIECE);
      const read = readSync(file, piece, 0, PIECE, null);
      if (read === 0) return Buffer.concat(pieces);
      size += read;
      if (size > MOST) throw Object.assign(new Error("it is larger than 1 MiB"), { code: "EFBIG" });
      pieces.push(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

const PIECE = 16 * 1024;
