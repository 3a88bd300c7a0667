/** The states of a connection (promises.md §4). `draining` is reported beside them, see `Engine.state`. */
export type State = "disconnected" | "connecting" | "connected" | "reconnecting" | "closed";

/** What is known in each state and in no other. */
export type Phase =
  | { readonly state: "disconnected" }
  | { readonly state: "connecting"; readonly since: number }
  | { readonly state: "connected"; readonly since: number; readonly epoch: number; readonly server: string }
  | { readonly state: "reconnecting"; readonly since: number; readonly server: string }
  | { readonly state: "closed"; readonly error: Error | undefined };

/** One step in the history of a connection. */
export interface Transition {
  from: State;
  to: State;
  /** Monotonic ms. */
  at: number;
  /** Why, in a few words. */
  reason: string;
}

/** The one table of legal transitions. */
const LEGAL: Record<State, readonly State[]> = {
  disconnected: ["connecting", "closed"],
  connecting: ["connected", "reconnecting", "closed"],
  connected: ["reconnecting", "closed"],
  reconnecting: ["connected", "disconnected", "closed"],
  closed: [],
};

/** Whether the table allows to go from one state to the other. */
export function isLegal(from: State, to: State): boolean {
  return LEGAL[from].includes(to);
}

/** Who hears of every step. */
export interface LifecycleHost {
  stateChanged(transition: Transition): void;
}

const DISCONNECTED: Phase = { state: "disconnected" };

/** The state of a connection, with one writer. */
export class Lifecycle {
  private current = DISCONNECTED;
  private readonly host: LifecycleHost;

  constructor(host: LifecycleHost) {
    this.host = host;
  }

  get phase(): Phase {
    return this.current;
  }

  get state(): State {
    return this.current.state;
  }

  get connected(): boolean {
    return this.current.state === "connected";
  }

  get closed(): boolean {
    return this.current.state === "closed";
  }

  /** A move: the state stays `connected`, over another link. */
  follow(epoch: number, server: string): void {
    if (this.current.state !== "connected") throw new Error(`a move while ${this.current.state}`);
    this.current = { ...this.current, epoch, server };
  }

  /** Goes on to `phase`. An illegal transition is a bug in the engine and throws. */
  transition(phase: Phase, now: number, reason: string): void {
    const from = this.current.state;
    if (!isLegal(from, phase.state)) {
      throw new Error(`illegal transition ${from} → ${phase.state} (${reason})`);
    }
    this.current = phase;
    this.host.stateChanged({ from, to: phase.state, at: now, reason });
  }
}
