import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { resetSocket } from "./reset.js";

class NoTcp extends Duplex {
  override _read(): void {}
  resetAndDestroy(): never {
    throw new TypeError("This handle type cannot be sent");
  }
}

describe("a socket", () => {
  it("that cannot be reset is destroyed", () => {
    const socket = new NoTcp();
    resetSocket(socket as unknown as Socket);
    expect(socket.destroyed).toBe(true);
  });
});
