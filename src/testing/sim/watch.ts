import type { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import type { Link } from "../../core/link.js";
import type { Recovery } from "../../core/recovery.js";
import type { Window } from "../../core/window.js";
import type { Chunk } from "../../wire/chunk.js";
import type { Ledger } from "./ledger.js";
import type { Draft } from "./sent.js";
import type { SlowStartRule } from "./slow-start-rule.js";
import { demand } from "./violation.js";

/** Where the engine is watched beside its ledger. */
export interface Watcher {
  /** The request that is sent again with this reply subject. */
  sentAgain(reply: string): Draft | undefined;
  /** A link gets the window, with the subscriptions that there are afterwards before it. */
  restoring(epoch: number): void;
  restored(epoch: number): void;
  /** A PONG confirms what is before `position`. */
  ponged(window: Window, position: number, delay: number): void;
  /** Runs `lose`, which takes the window from a link. */
  linkLost<T>(cause: Error | undefined, unclean: boolean, lose: () => T): T;
  /** A message for `sid` has been parsed on the link `epoch`. */
  arrived(epoch: number, sid: number, subject: string, payload: Buffer): void;
  /** A link is subscribed beside the one in use; and takes its place. */
  joining(epoch: number): void;
  followed(epoch: number): void;
  outage(): void;
  /** An event is queued, to be told later. */
  emitted(event: EngineEvent): void;
}

/**
 * Listens at the seams inside of an engine: what its windows accept, confirm, settle and drop. It hears
 * before anyone else, and changes nothing.
 */
export function watch(engine: Engine, ledger: Ledger, watcher: Watcher): void {
  watchWindow(engine.outbound.window, undefined, ledger, watcher);
  const { outbound } = engine;
  // A link may be restored by a timer, or when another one is lost: its number is found where it is known.
  let restoring = 0;
  const { recovery } = engine.session as unknown as { recovery: Recovery };
  const restore = recovery.restore.bind(recovery);
  recovery.restore = (link) => {
    restoring = link.epoch;
    restore(link);
  };
  const hold = outbound.hold.bind(outbound);
  outbound.hold = () => {
    hold();
    watchWindow(outbound.express!, restoring, ledger, watcher);
  };
  const { books, session } = engine;
  const acceptDropped = books.acceptDropped.bind(books);
  books.acceptDropped = (reason, bytes) => {
    ledger.acceptedDropped(outbound.window, reason);
    acceptDropped(reason, bytes);
  };
  const emit = session.emit.bind(session);
  session.emit = (event) => {
    watcher.emitted(event);
    emit(event);
  };
  const { losses, continuity } = engine;
  const { onLinkLost, onRestore, onConfirmed, onFollow, onOutage } = continuity;
  const { onSettled, onDropped } = losses;
  losses.onSettled = (window, chunk, frame, outcome) => {
    ledger.settled(window, chunk.base + frame, outcome);
    onSettled.call(losses, window, chunk, frame, outcome);
  };
  losses.onDropped = (window, chunk, frame, reason) => {
    ledger.droppedFrame(window, chunk.base + frame, reason);
    onDropped.call(losses, window, chunk, frame, reason);
  };
  continuity.onLinkLost = (cause, unclean, now) => {
    ledger.linkLost(unclean);
    return watcher.linkLost(cause, unclean, () => onLinkLost.call(continuity, cause, unclean, now));
  };
  continuity.onRestore = (held) => {
    const epoch = restoring;
    watcher.restoring(epoch);
    const lines = onRestore.call(continuity, held);
    watcher.restored(epoch);
    return lines;
  };
  continuity.onConfirmed = (window, position, behindSince, now, bytes, delay) => {
    watcher.ponged(window, position, delay);
    onConfirmed.call(continuity, window, position, behindSince, now, bytes, delay);
  };
  continuity.onOutage = () => {
    onOutage.call(continuity);
    watcher.outage();
  };
  let following = 0;
  const follow = session.follow.bind(session);
  session.follow = (link, refusals, now) => {
    following = link.epoch;
    follow(link, refusals, now);
  };
  continuity.onFollow = () => {
    watcher.followed(following);
    onFollow.call(continuity);
  };
  const makeLink = session.makeLink.bind(session);
  session.makeLink = (server, now) => {
    const link = makeLink(server, now);
    watchLink(link, watcher);
    return link;
  };
}

function watchLink(link: Link, watcher: Watcher): void {
  const { onMessage, beginJoining } = link;
  link.onMessage = (buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end) => {
    watcher.arrived(link.epoch, sid, buf.latin1Slice(subject, subjectEnd), buf.subarray(body, end));
    onMessage.call(link, buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
  };
  link.beginJoining = (messages) => {
    watcher.joining(link.epoch);
    beginJoining.call(link, messages);
  };
}

function watchWindow(window: Window, expressOf: number | undefined, ledger: Ledger, watcher: Watcher): void {
  ledger.watch(window, expressOf);
  const { append, confirm } = window;
  window.append = (kind, entry, reply, headers, payload, now) => {
    append.call(window, kind, entry, reply, headers, payload, now);
    ledger.appended(window, window.position - 1, kind, reply, () => watcher.sentAgain(reply));
  };
  window.confirm = (position, now, behindSince) => {
    const before = window.confirmed;
    confirm.call(window, position, now, behindSince);
    ledger.confirmed(window, before, window.confirmed);
  };
}

/** Tells the ledger which frames the engine has just found for the link `epoch`. */
export function tellHanded(engine: Engine, ledger: Ledger, slowStart: SlowStartRule, epoch: number): void {
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
  if (window === outbound.window) slowStart.handed(chunk, window.outFirst, window.outLast);
  const kinds: number[] = [];
  for (let frame = window.outFirst; frame < window.outLast; frame++) kinds.push(chunk.kindAt(frame));
  ledger.handed(window, chunk.base + window.outFirst, kinds, epoch);
}
