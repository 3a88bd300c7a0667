import type { LostMessage } from "../../core/events.js";
import type { Keeper } from "../../core/window.js";
import { Parking } from "./parking.js";
import { inside, type Mutation, replace } from "./spoil.js";

/** What is kept, what is given up, and what is told of it. */
export const KEEPING_MUTATIONS: readonly Mutation[] = [
  {
    name: "ttl is ignored",
    rules: ["ttl"],
    spoil: ({ engine }) => replace(inside<{ expiry: object }>(engine, "publisher").expiry, "add", () => {}),
  },
  {
    name: "drop-oldest drops what is on the link",
    rules: ["dropped-without-reason"],
    telling: 30,
    spoil: ({ engine: { outbound } }) => {
      const { window } = outbound;
      const { dropOldest } = window;
      const isBehindCursor = inside<unknown>(window, "isBehindCursor");
      window.dropOldest = (...args) => {
        replace(window, "isBehindCursor", () => false);
        try {
          return dropOldest.apply(window, args);
        } finally {
          replace(window, "isBehindCursor", isBehindCursor);
        }
      };
    },
  },
  {
    name: "the room of what was dropped is not given back",
    rules: ["overflow", "rejected", "buffer-event"],
    spoil: ({ engine }) => replace(engine.intake.outage, "freed", () => {}),
  },
  {
    name: "the room of what was dropped is given back twice",
    rules: ["reconnectBufSize", "maxBufferedMessages"],
    spoil: ({ engine }) => {
      const { outage } = engine.intake;
      const freed = outage.freed.bind(outage);
      replace(outage, "freed", (seq: number, bytes: number) => {
        freed(seq, bytes);
        freed(seq, bytes);
      });
    },
  },
  {
    name: "every cause is the network",
    rules: ["cause"],
    spoil: ({ engine: { session } }) => {
      const emit = session.emit.bind(session);
      session.emit = (event) => {
        if (event.type !== "disconnect" && event.type !== "attemptFailed") return emit(event);
        emit({ ...event, cause: { ...event.cause, kind: "network" } });
      };
    },
  },
  {
    name: "dropped messages are told twice",
    rules: ["told-twice", "messageLost"],
    spoil: ({ engine: { lost } }) => {
      const take = lost.take.bind(lost);
      replace(lost, "take", () => {
        const batch: LostMessage[] | undefined = take();
        return batch === undefined ? undefined : [...batch, ...batch];
      });
    },
  },
  {
    name: "what found no room is not told",
    rules: ["not-told"],
    spoil: ({ engine }) => replace(engine.intake.overflowed, "take", () => undefined),
  },
  {
    name: "how full the buffer is is not told",
    rules: ["buffer-event"],
    spoil: ({ engine }) => replace(inside(engine.losses, "pressure"), "changed", () => undefined),
  },
  {
    name: "drop-newest is not counted",
    rules: ["books"],
    spoil: ({ engine: { books } }) => {
      const { acceptDropped } = books;
      books.acceptDropped = (reason, bytes) => {
        acceptDropped.call(books, reason, bytes);
        books.dropped--;
        books.accepted--;
      };
    },
  },
  {
    name: "what will not be sent is not offered to an overflow that keeps",
    rules: ["kept"],
    concerns: ({ options }) => options.overflow.keep !== undefined,
    spoil: ({ engine: { outbound } }) => {
      const close = outbound.close.bind(outbound);
      replace(outbound, "close", () => close());
    },
  },
  {
    name: "a message is kept, and ends as if it were not",
    rules: ["kept"],
    concerns: ({ options }) => options.overflow.keep !== undefined,
    spoil: ({ engine: { outbound } }) => {
      const close = outbound.close.bind(outbound);
      replace(outbound, "close", (keeper: Keeper | undefined) =>
        close(
          keeper && {
            keeps: (...args) => {
              keeper.keeps(...args);
              return false;
            },
          },
        ),
      );
    },
  },
  {
    name: "what the overflow publishes is not counted as recovered",
    rules: ["books"],
    concerns: ({ options }) => options.overflow instanceof Parking,
    spoil: ({ engine: { intake } }) => replace(intake, "countRecovered", () => {}),
  },
];
