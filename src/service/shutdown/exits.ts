/** What a shutdown needs of the process. */
export interface ShutdownHost {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): unknown;
  exitCode?: number | string | null | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
}

interface Output {
  readonly writable: boolean;
  readonly writableLength: number;
  write(text: string, written?: () => void): unknown;
}

/** ms that stdout and stderr get to write what they have: nobody may read them. */
const FLUSH_TIMEOUT = 1_000;

/** How a process ends that may have several shutdowns: the first that is ready must not end it under the others. */
export class Exits {
  readonly host: ShutdownHost;
  readonly #underWay = new Set<object>();
  #code: number | undefined;

  constructor(host: ShutdownHost) {
    this.host = host;
  }

  begin(shutdown: object): void {
    this.#underWay.add(shutdown);
  }

  /**
   * It has ended; the process does, too, if it is to and no other one is under way, with the highest of their codes.
   *
   * @param code undefined: it does not end the process
   */
  end(shutdown: object, code: number | undefined): void {
    this.#underWay.delete(shutdown);
    if (code !== undefined) this.#code = Math.max(code, this.#code ?? 0);
    if (this.#underWay.size === 0 && this.#code !== undefined) void this.now(this.#code);
  }

  /** Ends the process, whatever is under way. */
  async now(code: number): Promise<void> {
    const { host } = this;
    // Also should something else end it meanwhile.
    host.exitCode = code;
    await Promise.all([written(host.stdout), written(host.stderr)]);
    host.exit(code);
  }
}

function written(output: Output): Promise<void> {
  if (!output.writable || output.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_TIMEOUT);
    output.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
