import { keep, type Micro, payloadOf } from "./micro.js";

type Chunks = typeof import("../../src/wire/chunk.js");
type Encoder = typeof import("../../src/wire/encoder.js");
type Frames = typeof import("../../src/wire/frame.js");
type Subjects = typeof import("../../src/wire/subject-cache.js");

const HEADERS = Buffer.from("NATS/1.0\r\ntrace: 4bf92f3577b34da6\r\n\r\n");

/** Encoding publishes into chunks. */
export const ENCODER: readonly Micro[] = [
  encoding("encode-16", "PUB frame of 16 B", payloadOf(16)),
  encoding("encode-128", "PUB frame of 128 B", payloadOf(128)),
  encoding("encode-1024", "PUB frame of 1 KiB", payloadOf(1024)),
  encoding("encode-text", "PUB frame of a text of 128 characters", "x".repeat(128)),
  encoding("encode-headers", "HPUB frame of 128 B with encoded headers", payloadOf(128), HEADERS),
  subjects("subject-same", "look a subject up that is always the same", 1),
  subjects("subject-100", "look up one of 100 subjects", 100),
  subjects("subject-10000", "look up one of 10,000 subjects", 10_000),
  subjects("subject-100000", "look up one of 100,000 subjects", 100_000),
];

function encoding(name: string, title: string, payload: Uint8Array | string, headers?: Uint8Array): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { Chunk, CHUNK_BYTES, CHUNK_FRAMES } = await load<Chunks>("wire/chunk.js");
      const { encodePublish, publishBound } = await load<Encoder>("wire/encoder.js");
      const { Kind } = await load<Frames>("wire/frame.js");
      const { SubjectCache } = await load<Subjects>("wire/subject-cache.js");
      const entry = new SubjectCache().get("bench.micro");
      const chunk = new Chunk(CHUNK_BYTES, CHUNK_FRAMES);
      const bound = publishBound(entry, "", headers, payload);
      return (count) => {
        for (let i = 0; i < count; i++) {
          if (chunk.free < bound) chunk.reset();
          encodePublish(chunk, Kind.Data, entry, "", headers, payload);
        }
        keep(chunk.fill);
        return count;
      };
    },
  };
}

function subjects(name: string, title: string, number: number): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { SubjectCache } = await load<Subjects>("wire/subject-cache.js");
      const cache = new SubjectCache();
      const names = Array.from({ length: number }, (_, index) => `bench.micro.${index}`);
      return (count) => {
        let bytes = 0;
        for (let i = 0, at = 0; i < count; i++) {
          bytes += cache.get(names[at]).prefix.length;
          if (++at === number) at = 0;
        }
        keep(bytes);
        return count;
      };
    },
  };
}
