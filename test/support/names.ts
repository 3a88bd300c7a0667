import dns from "node:dns";
import { onTestFinished, vi } from "vitest";

/** Until the end of the test no name leads anywhere, and that is told at once: the resolver of this machine may take long to say so. */
export function resolvesNothing(): void {
  const lookup = vi.spyOn(dns, "lookup").mockImplementation(((
    name: string,
    _: object,
    done: (error: Error) => void,
  ) => {
    const text = `getaddrinfo ENOTFOUND ${name}`;
    process.nextTick(done, Object.assign(new Error(text), { code: "ENOTFOUND", hostname: name }));
  }) as never);
  onTestFinished(() => lookup.mockRestore());
}
