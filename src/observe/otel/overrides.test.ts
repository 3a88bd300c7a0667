import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { Overrides } from "./overrides.js";

class Door {
  size = 2;

  open(): string {
    return "door";
  }

  close(): string {
    return "closed";
  }

  lock(): string {
    return "locked";
  }
}

describe("methods in the place of others", () => {
  it("are called, and gone after restore()", () => {
    const door = new Door();
    const overrides = new Overrides(door);
    overrides.set("open", () => "window");
    expect([door.open(), Object.keys(door)]).toEqual(["window", ["size"]]);
    overrides.restore();
    expect([door.open(), Reflect.ownKeys(door)]).toEqual(["door", ["size"]]);
  });

  it("give way to what was there before", () => {
    const door = new Door();
    const own = () => "own";
    door.open = own;
    const overrides = new Overrides(door);
    overrides.set("open", () => "window");
    overrides.restore();
    expect(Object.getOwnPropertyDescriptor(door, "open")).toMatchObject({ value: own, enumerable: true });
  });

  it("stay when somebody has put another over them", () => {
    const door = new Door();
    const overrides = new Overrides(door);
    overrides.set("open", () => "window");
    overrides.set("close", () => "shut");
    const over = () => "over";
    door.open = over;
    overrides.restore();
    expect([door.open, door.close()]).toEqual([over, "closed"]);
    overrides.restore();
    expect(door.open).toBe(over);
  });

  it("leave the object as quick as it was", () => {
    setFlagsFromString("--allow-natives-syntax");
    const isQuick = new Function("object", "return %HasFastProperties(object)") as (
      object: object,
    ) => boolean;
    setFlagsFromString("--no-allow-natives-syntax");
    const door = new Door();
    const overrides = new Overrides(door);
    overrides.set("open", () => "window");
    overrides.set("close", () => "shut");
    overrides.set("lock", () => "bolted");
    overrides.restore();
    expect(isQuick(door)).toBe(true);
  });
});
