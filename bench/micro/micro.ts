/** Loads a file of Holdfast's `src/`: of this checkout, or of the revision that it is compared with. */
export type Load = <Module>(path: string) => Promise<Module>;

/** Does an operation at least so many times; returns how many times it did. */
export type Repeat = (count: number) => number;

/** Something small that is done for every message. */
export interface Micro {
  readonly name: string;
  readonly title: string;
  prepare(load: Load): Promise<Repeat>;
}

/** Bytes of a payload of that size. */
export function payloadOf(size: number): Uint8Array {
  return new Uint8Array(size).fill(120);
}

/** Loads from a folder that has the compiled `src/` in it. */
export function loadFrom(root: URL): Load {
  return (path) => import(new URL(`src/${path}`, root).href);
}

let kept = 0;

/** Makes a result needed: else the compiler might leave out what led to it. */
export function keep(value: number): void {
  kept = (kept + value) | 0;
}
