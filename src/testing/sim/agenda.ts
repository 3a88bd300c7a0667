/** Something that will happen in a world. */
export interface Appointment {
  /** Virtual ms. */
  at: number;
  /** Decides between appointments of the same time: the order in which they were made. */
  order: number;
  readonly run: () => void;
  /** It happens in the client's process, and waits while that is frozen. */
  readonly client: boolean;
  cancelled: boolean;
}

/** A heap of appointments, the earliest first. */
export class Agenda {
  private readonly heap: Appointment[] = [];
  private orders = 0;

  get size(): number {
    return this.heap.length;
  }

  add(at: number, run: () => void, client: boolean): Appointment {
    const appointment = { at, order: this.orders++, run, client, cancelled: false };
    this.push(appointment);
    return appointment;
  }

  /** Puts one back for a later time, behind all that are there for that time. */
  postpone(appointment: Appointment, at: number): void {
    appointment.at = at;
    appointment.order = this.orders++;
    this.push(appointment);
  }

  /** Takes out the earliest one that was not cancelled. */
  take(): Appointment | undefined {
    for (;;) {
      const first = this.heap[0];
      if (first === undefined) return undefined;
      const last = this.heap.pop()!;
      if (this.heap.length > 0) this.sink(last);
      if (!first.cancelled) return first;
    }
  }

  private push(item: Appointment): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  private sink(item: Appointment): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], item)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
