import { closeSync, openSync, readSync, statSync } from "node:fs";
import { CodedError } from "../../errors.js";
import { isContents, isSurelyPath } from "../path-text.js";

/** Most bytes of a file with a secret: far more than any token or password has. */
const MOST = 64 * 1024;

/** A secret that stands in a file, which is read anew at every call, so that it can be replaced while the program runs. */
export interface SecretFile {
  /** @throws CodedError `AUTHENTICATOR_FAILED`; its text names the file and shows nothing of what is in it */
  read(): string;
}

/** The secret in the file at `path`: all of it but one line end behind it. */
export function secretFile(path: string): SecretFile {
  if (isContents(path)) {
    throw failed("it must be the path of a file, and this is what stands in one");
  }
  return { read: () => contents(path) };
}

function contents(path: string): string {
  const text = decoded(path, bytesOf(path)).replace(/\r?\n$/, "");
  if (text === "") throw failed(`${shown(path)} is empty`);
  return text;
}

function bytesOf(path: string): Uint8Array {
  try {
    // A pipe would hold up the whole process until somebody writes into it: it is not even opened.
    if (!statSync(path).isFile()) throw failed(`${shown(path)} is no regular file`);
    return upTo(path, MOST);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw failed(`${shown(path)} cannot be read (${code})`, cause);
  }
}

/** Reads what is there, and never more than `most`, whatever the file's size says. */
function upTo(path: string, most: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length <= most; length += got) {
      got = readSync(file, bytes, length, bytes.length - length, null);
    }
    if (length > most) throw tooLarge(path);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw failed(`${shown(path)} is no text in UTF-8`);
  }
}

function tooLarge(path: string): CodedError {
  return failed(`${shown(path)} has more than ${MOST / 1024} KiB: that is no secret`);
}

function shown(path: string): string {
  return isSurelyPath(path) ? `file ${path}` : "the file";
}

function failed(text: string, cause?: unknown): CodedError {
  return new CodedError("AUTHENTICATOR_FAILED", text, { cause });
}
