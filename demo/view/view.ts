/** Shows the runs while they go on; it reads their progress by itself. */
export interface View {
  /** Shows what is left to show, and stops. */
  close(): void;
}

/** Shows nothing: `--json`. */
export class NoView implements View {
  close(): void {}
}
