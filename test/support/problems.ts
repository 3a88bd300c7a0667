import { afterEach, beforeEach, expect } from "vitest";

/** Notes what would end a process: unhandled rejections and uncaught exceptions. */
export class Problems implements Disposable {
  private readonly seen: unknown[] = [];
  private readonly note = (problem: unknown): void => {
    this.seen.push(problem);
  };

  constructor() {
    process.on("unhandledRejection", this.note);
    process.on("uncaughtException", this.note);
  }

  /** Fails when there were any: a rejection is known as unhandled when the event loop has turned. */
  async expectNone(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(this.seen).toEqual([]);
  }

  [Symbol.dispose](): void {
    process.off("unhandledRejection", this.note);
    process.off("uncaughtException", this.note);
  }
}

/** From now on each test of the file fails when something happens in it that would end a process. */
export function expectNoProblems(): void {
  let problems: Problems;
  beforeEach(() => {
    problems = new Problems();
  });
  afterEach(async () => {
    await problems.expectNone();
    problems[Symbol.dispose]();
  });
}
