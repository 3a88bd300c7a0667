import type { CaseText, Target, Who } from "../case.js";
import type { HandleWork } from "../works/work.js";

/** What a handler may cost: so many times a callback that does nothing else but what the handler's function does. */
const TWICE = 2;

const who = (step: HandleWork["by"]): Who => ({ client: "holdfast", step });
const within = (of: HandleWork["by"], against: HandleWork["by"]): Target => ({
  figure: "cpu",
  of: who(of),
  against: who(against),
  atMost: TWICE,
});

const WAYS = ["callback", "handle", "callback without decoding", "handle without decoding"] as const;

/** What `handle()` of holdfast/service costs beside a bare asynchronous callback. */
export const HANDLE: readonly CaseText[] = [
  {
    name: "handle-128",
    title:
      "receive 128 B of JSON by handle() with concurrency 1, and by an asynchronous callback that reads it; and both without decoding",
    group: "receive",
    works: WAYS.map((by) => ({ kind: "handle", size: 128, by, step: by })),
    clients: ["holdfast"],
    figures: ["cpu", "rate"],
    targets: [within("handle", "callback"), within("handle without decoding", "callback without decoding")],
  },
];
