// The whole world that `core/` and `wire/` may see besides the language itself: `Buffer`, and only
// the parts of it that move bytes. No timers, no clock, no randomness, no `node:*` (tsconfig.core.json).
interface Buffer extends Uint8Array<ArrayBuffer> {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
  utf8Write(text: string, offset?: number, length?: number): number;
  copy(target: Uint8Array, targetStart?: number, sourceStart?: number, sourceEnd?: number): number;
  subarray(start?: number, end?: number): Buffer;
  compare(other: Uint8Array, from: number, to: number, ownFrom: number, ownTo: number): number;
}
declare const Buffer: {
  allocUnsafeSlow(size: number): Buffer;
  from(bytes: Uint8Array): Buffer;
  from(text: string, encoding?: "utf8" | "latin1"): Buffer;
  byteLength(text: string, encoding?: "utf8" | "latin1"): number;
};
interface ErrorConstructor {
  stackTraceLimit: number;
}
