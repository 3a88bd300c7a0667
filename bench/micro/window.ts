import { keep, type Micro, payloadOf } from "./micro.js";

type BooksModule = typeof import("../../src/core/books.js");
type Chunks = typeof import("../../src/wire/chunk.js");
type Frames = typeof import("../../src/wire/frame.js");
type Subjects = typeof import("../../src/wire/subject-cache.js");
type Windows = typeof import("../../src/core/window.js");

/** What a message costs in the publish window: accepted, handed to the link, confirmed. */
export const WINDOW: readonly Micro[] = [
  passing("window-shallow", "a message through the window, confirmed after 100", 128, 100),
  passing("window-deep", "a message through the window, confirmed after 20,000", 128, 20_000),
  passing("window-large", "a message of 16 KiB through the window, confirmed after 100", 16 * 1024, 100),
  rewinding("window-rewind", "a message written again after a link has died", 128, 20_000),
];

/** Makes a window, and what appends a message, hands all over, and confirms all. */
async function prepare(load: Parameters<Micro["prepare"]>[0], size: number) {
  const { Books } = await load<BooksModule>("core/books.js");
  const { ChunkPool } = await load<Chunks>("wire/chunk.js");
  const { Kind } = await load<Frames>("wire/frame.js");
  const { SubjectCache } = await load<Subjects>("wire/subject-cache.js");
  const { Window } = await load<Windows>("core/window.js");
  const pool = new ChunkPool();
  const books = new Books();
  const window = new Window(pool, books, { onSettled() {}, onDropped() {}, isWanted: () => false });
  const entry = new SubjectCache().get("bench.micro");
  const payload = payloadOf(size);
  return {
    books,
    window,
    append: () => window.append(Kind.Data, entry, "", undefined, payload, 0),
    hand: () => {
      while (window.nextRun()) pool.unref(window.outChunk!);
    },
  };
}

function passing(name: string, title: string, size: number, depth: number): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { books, window, append, hand } = await prepare(load, size);
      return (count) => {
        let done = 0;
        for (; done < count; done += depth) {
          for (let i = 0; i < depth; i++) append();
          const position = window.appendPing(0);
          hand();
          window.confirm(position, 0);
        }
        keep(books.confirmed);
        return done;
      };
    },
  };
}

function rewinding(name: string, title: string, size: number, depth: number): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { books, window, append, hand } = await prepare(load, size);
      for (let i = 0; i < depth; i++) append();
      window.appendPing(0);
      hand();
      return (count) => {
        let done = 0;
        for (; done < count; done += depth) {
          window.rewind(0, true);
          hand();
        }
        keep(books.replayed);
        return done;
      };
    },
  };
}
