import type { Engine } from "../../core/engine.js";
import type { Window } from "../../core/window.js";
import type { Chunk } from "../../wire/chunk.js";
import type { Ledger } from "./ledger.js";
import type { Draft } from "./sent.js";
import { demand } from "./violation.js";

/** Where the engine is watched beside its ledger. */
export interface Watcher {
  /** The link whose input is being handled. */
  readonly inputEpoch: number;
  /** The request that is sent again with this reply subject. */
  sentAgain(reply: string): Draft | undefined;
  /** A link gets the window, with the subscriptions that there are afterwards before it. */
  restoring(epoch: number): void;
  restored(epoch: number): void;
  /** Runs `lose`, which takes the window from a link. */
  linkLost<T>(cause: Error | undefined, unclean: boolean, lose: () => T): T;
  /** A message for `sid` has been parsed. */
  arrived(sid: number, subject: string, payload: Buffer): void;
  outage(): void;
}

/**
 * Listens at the seams inside of an engine: what its windows accept, confirm, settle and drop. It hears
 * before anyone else, and changes nothing.
 */
export function watch(engine: Engine, ledger: Ledger, watcher: Watcher): void {
  watchWindow(engine.outbound.window, undefined, ledger, watcher);
  const { outbound } = engine;
  const hold = outbound.hold.bind(outbound);
  outbound.hold = () => {
    hold();
    watchWindow(outbound.express!, watcher.inputEpoch, ledger, watcher);
  };
  const { onSettled, onDropped, onLinkLost, onRestore, onMessage, onOutage } = engine;
  engine.onSettled = (window, seq, outcome) => {
    ledger.settled(window, seq, outcome);
    onSettled.call(engine, window, seq, outcome);
  };
  engine.onDropped = (window, chunk, frame, reason) => {
    ledger.droppedFrame(window, chunk.base + frame, reason);
    onDropped.call(engine, window, chunk, frame, reason);
  };
  engine.onLinkLost = (cause, unclean, now) => {
    ledger.linkLost(unclean);
    return watcher.linkLost(cause, unclean, () => onLinkLost.call(engine, cause, unclean, now));
  };
  engine.onRestore = (held) => {
    const epoch = watcher.inputEpoch;
    watcher.restoring(epoch);
    const lines = onRestore.call(engine, held);
    watcher.restored(epoch);
    return lines;
  };
  engine.onOutage = () => {
    onOutage.call(engine);
    watcher.outage();
  };
  engine.onMessage = (buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end) => {
    watcher.arrived(sid, buf.latin1Slice(subject, subjectEnd), buf.subarray(body, end));
    onMessage.call(engine, buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
  };
}

function watchWindow(window: Window, expressOf: number | undefined, ledger: Ledger, watcher: Watcher): void {
  ledger.watch(window, expressOf);
  const { append, confirm } = window;
  window.append = (kind, entry, reply, headers, payload, now) => {
    append.call(window, kind, entry, reply, headers, payload, now);
    ledger.appended(window, window.position - 1, kind, reply, () => watcher.sentAgain(reply));
  };
  window.confirm = (position, now) => {
    const before = window.confirmed;
    confirm.call(window, position, now);
    ledger.confirmed(window, before, window.confirmed);
  };
}

/** Tells the ledger which frames the engine has just found for the link `epoch`. */
export function tellHanded(engine: Engine, ledger: Ledger, epoch: number): void {
  const { outbound } = engine;
  const { chunk, start, end } = outbound;
  if (chunk === undefined) return;
  const leaving = (outbound as unknown as { leaving: Window[] }).leaving;
  const windows = [
    outbound.window,
    ...leaving,
    ...(outbound.express === undefined ? [] : [outbound.express]),
  ];
  // Another window may have had the chunk before.
  const window = windows.find((one) => (one as unknown as { chunks: Chunk[] }).chunks.includes(chunk))!;
  demand(
    window.outChunk === chunk && window.outStart === start && window.outEnd === end,
    "run",
    () => "not the one found",
  );
  const kinds: number[] = [];
  for (let frame = window.outFirst; frame < window.outLast; frame++) kinds.push(chunk.kindAt(frame));
  ledger.handed(window, chunk.base + window.outFirst, kinds, epoch);
}
