/** Who carries out what the engine wants. Neither may call back. */
export interface EngineDriver {
  /** There is something to write, or a deadline to set: called once a burst. */
  wake(): void;
  /** A burst has filled a chunk: what there is to write may go out before the burst ends. */
  writeNow(): void;
}
