import type { MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import { CodedError } from "../errors.js";
import { breaksLine, HeaderBlock, isHeaderName } from "./header-block.js";

/** Message tracing (server 2.11): where trace events go, and whether the message itself is delivered. */
export interface TraceOptions {
  traceDestination?: string;
  traceOnly?: boolean;
}

/** What a publish or a request may say about its headers. */
export interface HeaderOptions extends TraceOptions {
  headers?: MsgHdrs;
}

/**
 * The headers of a message as bytes, with those that ask for a trace; undefined when there are none.
 *
 * @throws CodedError `INVALID_ARGUMENT` naming the header or the option
 */
export function headerBytes(options: HeaderOptions): Uint8Array | undefined {
  const { headers, traceDestination } = options;
  if (headers !== undefined && !isHeaders(headers)) throw wrong("headers", "must be made by headers()");
  if (traceDestination !== undefined && typeof traceDestination !== "string")
    throw wrong("traceDestination", "must be a string");
  const all = withTrace(headers, options);
  return all === undefined ? undefined : encodeHeaders(all);
}

function isHeaders(value: unknown): value is MsgHdrs {
  return typeof value === "object" && value !== null && Symbol.iterator in value && "code" in value;
}

function wrong(option: string, why: string): CodedError {
  return new CodedError("INVALID_ARGUMENT", `option "${option}" ${why}`, { option });
}

/** Stands while no headers are being written. */
let idle: HeaderBlock | undefined;

/**
 * Headers as bytes, checked once more: headers made by `MsgHdrsImpl.fromRecord` have not been, and a line
 * break in one would inject headers.
 *
 * @throws CodedError `INVALID_ARGUMENT` naming the header
 */
export function encodeHeaders(hdrs: MsgHdrs): Uint8Array {
  // Whoever reads the headers may publish with some meanwhile: then another block is made.
  const block = idle ?? new HeaderBlock();
  idle = undefined;
  block.begin();
  if (hdrs.code > 0) {
    const status = ` ${hdrs.code} ${hdrs.description}`;
    if (breaksLine(status)) throw invalid("status", "has a line break or NUL");
    block.status(status);
  }
  for (const [name, values] of hdrs) {
    const key = `${name}`;
    if (!isHeaderName(key)) throw invalid(key, "has a name with white space, a colon or control characters");
    for (const value of values) {
      if (!block.line(key, `${value}`)) throw invalid(key, "has a value with a line break or NUL");
    }
  }
  idle = block;
  return block.end();
}

/** The headers to send: the given ones, and those that ask for a trace. The given ones are not changed. */
export function withTrace(hdrs: MsgHdrs | undefined, trace: TraceOptions): MsgHdrs | undefined {
  if (trace.traceDestination === undefined && trace.traceOnly === undefined) return hdrs;
  const all = new MsgHdrsImpl(hdrs?.code, hdrs?.description);
  if (hdrs !== undefined)
    for (const [name, values] of hdrs) for (const value of values) all.append(name, value);
  if (trace.traceOnly === true) all.set("Nats-Trace-Only", "true");
  if (trace.traceDestination !== undefined) {
    if (breaksLine(trace.traceDestination)) throw wrong("traceDestination", "has a line break or NUL");
    all.set("Nats-Trace-Dest", trace.traceDestination);
  }
  return all;
}

/** Headers of a message that came in. */
export function decodeHeaders(bytes: Uint8Array): MsgHdrs {
  return MsgHdrsImpl.decode(bytes);
}

function invalid(name: string, why: string): CodedError {
  return new CodedError("INVALID_ARGUMENT", `header ${JSON.stringify(name.slice(0, 64))} ${why}`);
}
