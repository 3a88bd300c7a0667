import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A program on a page of docs/. */
export interface PageProgram {
  /** `example-1`, `example-2` … */
  readonly file: string;
  /** The heading above it. */
  readonly heading: string | undefined;
  readonly code: string;
  /** What its comments `// prints …` say that it prints, line by line. */
  readonly prints: readonly string[];
}

/** A page of docs/. */
export const pageText = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), "utf8");

/** Every TypeScript program on a page. */
export function programsOn(page: string): PageProgram[] {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(({ 1: code, index: at }, index) => ({
    file: `example-${index + 1}`,
    heading: [...page.slice(0, at).matchAll(/^##? (.*)$/gm)].at(-1)?.[1],
    code,
    prints: [...code.matchAll(/\/\/ +prints (.*)$/gm)].map(([, line]) => line),
  }));
}
