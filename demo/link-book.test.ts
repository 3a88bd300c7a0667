import { describe, expect, it } from "vitest";
import { LinkBook } from "./link-book.js";

const up = (at: number, server: string) => ({ type: "link", up: true, at, server, sequence: 0 }) as const;
const down = (at: number, sequence = 0) => ({ type: "link", up: false, at, sequence }) as const;

describe("the book of a client's links", () => {
  it("knows where the client is, and where it was", () => {
    const book = new LinkBook([4222, 4223, 4224]);
    book.connected("127.0.0.1:4223", 0);
    expect([book.node, book.lastNode, book.since]).toEqual([1, 1, 0]);
    book.note(down(100, 7));
    expect([book.node, book.lastNode, book.since]).toEqual([-1, 1, undefined]);
    book.note(up(110, "localhost:4224"));
    expect([book.node, book.lastNode, book.since]).toEqual([2, 2, 110]);
    expect(book.spans()).toEqual({
      links: [
        { node: 1, from: 0, to: 100 },
        { node: 2, from: 110, to: Number.POSITIVE_INFINITY },
      ],
      aways: [{ from: 100, to: 110, sequence: 7 }],
    });
  });

  it("takes an outage that is told several times for one", () => {
    const book = new LinkBook([4222]);
    book.connected("127.0.0.1:4222", 0);
    book.note(down(100, 7));
    book.note(down(105, 7));
    book.note(up(200, "127.0.0.1:4222"));
    expect(book.spans().aways).toEqual([{ from: 100, to: 200, sequence: 7 }]);
  });

  it("keeps every word all the same", () => {
    const book = new LinkBook([4222]);
    book.connected("127.0.0.1:4222", 0);
    book.note({ ...down(100), cause: "reset" });
    book.note(down(105));
    book.note(up(200, "127.0.0.1:4222"));
    expect(book.events("publisher")).toEqual([
      { who: "publisher", up: false, at: 100, cause: "reset" },
      { who: "publisher", up: false, at: 105, cause: undefined },
      { who: "publisher", up: true, at: 200, cause: undefined },
    ]);
  });

  it("leaves an outage open that never ended", () => {
    const book = new LinkBook([4222]);
    book.connected("127.0.0.1:4222", 0);
    book.note(down(100, 7));
    expect(book.spans().aways).toEqual([{ from: 100, to: Number.POSITIVE_INFINITY, sequence: 7 }]);
  });

  it("refuses a server that is none of the cluster's", () => {
    expect(() => new LinkBook([4222]).connected("127.0.0.1:4229", 0)).toThrow("4229");
  });
});
