import { expect, it, vi } from "vitest";
import { type Component, Components } from "./components.js";

const component = (stop?: () => Promise<void>): Component => ({
  facts: () => ({ kind: "other", name: "mine" }),
  stop,
});

it("keeps components in the order in which they came, each once, until they are taken away", () => {
  const components = new Components();
  const [first, second] = [component(), component()];
  const remove = components.add(first);
  components.add(second);
  components.add(first);
  expect(components.all).toEqual([first, second]);
  remove();
  remove();
  expect(components.all).toEqual([second]);
});

it("refuses what is none", () => {
  const components = new Components();
  for (const wrong of [
    undefined,
    null,
    "mine",
    {},
    { facts: "none" },
    { facts: () => undefined, stop: true },
  ]) {
    expect(() => components.add(wrong as unknown as Component)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
});

it("stops all of them at once, and tells what goes wrong with one without leaving out the others", async () => {
  const components = new Components();
  const report = vi.fn();
  const stopped: string[] = [];
  const boom = new Error("boom");
  components.add(component(() => Promise.reject(boom)));
  components.add(
    component(() => {
      throw boom;
    }),
  );
  components.add(component());
  components.add(
    component(async () => {
      stopped.push("last");
    }),
  );
  await components.stop(report);
  expect(stopped).toEqual(["last"]);
  expect(report.mock.calls).toEqual([[boom], [boom]]);
});
