import { type Chunk, ChunkPool } from "../../wire/chunk.js";
import { demand } from "./violation.js";

/** A pool that notices when a chunk is in two hands, and knows all that are out, the large ones too. */
export class GuardedPool extends ChunkPool {
  private readonly out = new Set<Chunk>();

  /** Chunks of any size that are not back. */
  get held(): number {
    return this.out.size;
  }

  override take(bytes: number): Chunk {
    const chunk = super.take(bytes);
    demand(!this.out.has(chunk), "chunk-reused", () => "a chunk was handed out twice");
    demand(chunk.refs === 0, "chunk-reused", () => `a chunk was handed out with ${chunk.refs} writes on it`);
    demand(
      chunk.fill === 0 && chunk.count === 0,
      "chunk-reused",
      () => "a chunk was handed out with frames in it",
    );
    this.out.add(chunk);
    return chunk;
  }

  override fit(bytes: number, frames: number): Chunk {
    const chunk = super.fit(bytes, frames);
    this.out.add(chunk);
    return chunk;
  }

  override give(chunk: Chunk): void {
    demand(this.out.has(chunk) && !chunk.released, "chunk-given-twice", () => `base ${chunk.base}`);
    super.give(chunk);
    if (chunk.refs === 0) this.out.delete(chunk);
  }

  override unref(chunk: Chunk): void {
    demand(chunk.refs > 0, "chunk-unreferenced", () => "more writes ended than began");
    const last = chunk.refs === 1 && chunk.released;
    super.unref(chunk);
    if (last) this.out.delete(chunk);
  }
}
