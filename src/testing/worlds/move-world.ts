import type { EngineOptions } from "../../core/options.js";
import { Sink } from "./engine-world.js";
import { LinksWorld } from "./links-world.js";

/** A subscription to `s` at server a, and nothing on the way. */
export function world(options: Partial<EngineOptions> = {}, names = "a b") {
  const it = new LinksWorld(names, options).start();
  const sink = new Sink();
  const entry = it.engine.subscribe("s", undefined, undefined, sink);
  it.pass(20);
  return { it, sink, entry };
}

/** `nc.reconnect()`, up to the instant at which the world has come to a stage. */
export function moveTo(it: LinksWorld, stage: keyof typeof STAGES): void {
  it.engine.session.reconnect(it.now);
  it.until(() => STAGES[stage](it));
}

export const said = (it: LinksWorld, name: string, text: string) =>
  [...it.wires.values()].some(({ server, said }) => server.settings.name === name && said.includes(text));

/** How the wires show how far a move from a to b has come. */
const STAGES = {
  listening: (it: LinksWorld) => said(it, "b", "CONNECT"),
  joining: (it: LinksWorld) => said(it, "b", "SUB s 1"),
  probing: (it: LinksWorld) => said(it, "a", "PUB _INBOX.own.probe"),
  settling: (it: LinksWorld) => it.open("b").some(({ heard }) => heard.includes("MSG _INBOX.own.probe")),
  following: (it: LinksWorld) => it.at === "b",
};

export const DONE = (it: LinksWorld) => it.told("move").length > 0;

/** Every ms somebody publishes the next number at each of both servers in turn, until the world has come to its end. */
export function publishing(it: LinksWorld): () => number {
  let count = 0;
  let isOn = true;
  const next = () => {
    if (!isOn) return;
    it.publishAt(count % 2 === 0 ? "a" : "b", "s", String(count++));
    it.in(1, next);
  };
  next();
  return () => {
    isOn = false;
    it.pass(50);
    return count;
  };
}

export const numbers = (count: number) => [...Array(count).keys()].map(String);
