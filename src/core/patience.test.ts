import { describe, expect, it } from "vitest";
import { LoneLink } from "../testing/worlds/lone-link.js";
import { Patience } from "./patience.js";

/** Two servers that were asked at 0, and what was heard of their answers; a deadline of 4 s. */
function world(rtt?: number, margin = 200) {
  const links = [new LoneLink(1), new LoneLink(2)];
  const host = { now: 0, rtt };
  const patience = new Patience(4000, margin, host);
  const heard: number[] = [];
  const ask = () =>
    patience.ask(
      links.map(({ link }) => link),
      (again) => heard.push(again),
    );
  const answer = (which: number, now: number) => {
    host.now = now;
    links[which].pong(now);
  };
  patience.begin(0);
  ask();
  return { patience, heard, ask, answer };
}

describe("patience", () => {
  it("is not needed with servers that answer within 50 ms; all have to", () => {
    const { heard, answer } = world();
    answer(0, 10);
    expect(heard).toEqual([]);
    answer(1, 50);
    expect(heard).toEqual([0]);
  });

  it("lasts while one of them takes longer: it is asked again after as long as it should have taken", () => {
    const { heard, answer } = world();
    answer(0, 51);
    answer(1, 60);
    expect(heard).toEqual([50]);
  });

  it("asks for more where what comes late is recognised for a short time only: half of that", () => {
    const { heard, ask, answer } = world(undefined, 12);
    answer(0, 1);
    answer(1, 7);
    ask();
    answer(0, 13);
    answer(1, 13);
    expect(heard).toEqual([6, 0]);
  });

  it("knows what is quick from the last round trip: four of them", () => {
    const { heard, answer } = world(100);
    answer(0, 399);
    answer(1, 400);
    expect(heard).toEqual([0]);
    const slow = world(100);
    slow.answer(0, 10);
    slow.answer(1, 401);
    expect(slow.heard).toEqual([400]);
  });

  it("begins when it is said to", () => {
    const { patience, heard, ask, answer } = world();
    patience.begin(500);
    answer(0, 1499);
    answer(1, 1499);
    ask();
    answer(0, 1560);
    answer(1, 1560);
    expect(heard).toEqual([50, 0]);
  });

  it("ends after a quarter of the deadline", () => {
    const { heard, ask, answer } = world();
    answer(0, 999);
    answer(1, 999);
    ask();
    answer(0, 1060);
    answer(1, 1060);
    expect(heard).toEqual([50, 0]);
  });
});
