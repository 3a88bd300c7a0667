import { keep, type Micro } from "./micro.js";

type Queues = typeof import("../../src/client/queue.js");
type Fifos = typeof import("../../src/core/fifo.js");

/** Messages that wait for somebody who iterates. */
export const QUEUE: readonly Micro[] = [
  backlog("queue-shallow", "a message through a queue in which 100 wait", 100),
  backlog("queue-deep", "a message through a queue in which 100,000 wait", 100_000),
  {
    name: "queue-next",
    title: "next() of a queue with a backlog, its promise with it",
    async prepare(load) {
      const { MessageQueue } = await load<Queues>("client/queue.js");
      const queue = new MessageQueue<number>(
        () => {},
        () => {},
      );
      return (count) => {
        for (let i = 0; i < count; i++) queue.push(i);
        for (let i = 0; i < count; i++) void queue.next();
        keep(queue.taken);
        return count;
      };
    },
  },
  {
    name: "fifo",
    title: "something through a Fifo in which 100 wait",
    async prepare(load) {
      const { Fifo } = await load<Fifos>("core/fifo.js");
      const fifo = new Fifo<number>();
      for (let i = 0; i < 100; i++) fifo.push(i);
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          fifo.push(i);
          sum += fifo.shift()!;
        }
        keep(sum);
        return count;
      };
    },
  },
];

function backlog(name: string, title: string, waiting: number): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { MessageQueue } = await load<Queues>("client/queue.js");
      const queue = new MessageQueue<number>(
        () => {},
        () => {},
      );
      for (let i = 0; i < waiting; i++) queue.push(i);
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          queue.push(i);
          sum += queue.shift();
        }
        keep(sum);
        return count;
      };
    },
  };
}
