import { InvalidArgumentError } from "commander";
import { AGES, parseAge } from "./outbox/age.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1e9,
  gib: 1024 ** 3,
};

/** An age such as 90s, in ms. @throws InvalidArgumentError */
export function ageOf(text: string): number {
  const ms = parseAge(text);
  if (ms === undefined) throw new InvalidArgumentError(`It must be ${AGES}.`);
  return ms;
}

/** A whole number from 1. @throws InvalidArgumentError */
export function positive(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return value;
}

/** Makes a reader of whole numbers in bounds; 100_000 and 100,000 are numbers, too. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const digits = text.replace(/(?<=\d)[_,](?=\d{3})/g, "");
    const value = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `It must be a whole number, ${min.toLocaleString("en-US")} to ${max.toLocaleString("en-US")}.`,
    );
  };
}

/** Bytes of a size such as 128, 4KiB or 1MB; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]{0,3})$/i.exec(text.trim());
  const unit = UNITS[found?.[2].toLowerCase() ?? "?"];
  return found === null || unit === undefined ? undefined : Math.floor(Number(found[1]) * unit);
}

/** Makes a reader of sizes in bounds, in bytes. */
export function sizeBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes !== undefined && bytes >= min && bytes <= max) return bytes;
    throw new InvalidArgumentError(`It must be bytes, such as 128, 4KiB or 1MiB: ${min} to ${max}.`);
  };
}

/** A reader of an option that may come several times, or with commas; empty parts do not count. */
export function listed(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").map((each) => each.trim())].filter((each) => each !== "");
}

/** The same for an option: what names nothing is a mistake, such as a variable of the shell that is not set. @throws InvalidArgumentError */
export function listedSome(text: string, before: readonly string[] = []): string[] {
  const all = listed(text, before);
  if (all.length > before.length) return all;
  throw new InvalidArgumentError("It is empty.");
}
