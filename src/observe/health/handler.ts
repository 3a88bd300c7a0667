import type { IncomingMessage, ServerResponse } from "node:http";
import { toConnections } from "../../checks/connections.js";
import type { Connection } from "../../index.js";
import { type HealthOptions, toHealthSettings } from "../health-options.js";
import { pathOf } from "../http/path.js";
import { canAnswer, onlyReads, sendFailure, sendJson } from "../http/respond.js";
import { type Answer, Answers, type Question } from "./answers.js";
import { QUESTIONS } from "./paths.js";

/** Answers one request, with the types of `node:http`. `next` is that of Express and connect. */
export type HealthHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * A handler for `GET` and `HEAD` of `/health`, `/health/live`, `/health/ready`, `/health/nats`, and of the aliases `/healthz` (of
 * `/health`), `/livez`, `/readyz`. It answers 200 or 503 with JSON, and never throws. All but `/health/nats` are answered from memory; that
 * one is verified with a round trip to the server. Other paths go to `next`, or get 404 when there is none.
 *
 * The path has to be exactly `base` and one of these, but for a slash at the end and the query. Express takes away itself the path that
 * a handler is mounted at; `app.use("/health", handler)` works, too.
 *
 * @param nc the connection, or an array of connections: all of them have to be well, and the answers tell of each in `connections`
 * @throws an error with code `INVALID_ARGUMENT` (no connection, none at all, the same one twice), `INVALID_OPTION`
 */
export function healthHandler(
  nc: Connection | readonly Connection[],
  options?: HealthOptions,
): HealthHandler {
  const settings = toHealthSettings(options);
  const answers = new Answers(toConnections(nc), Array.isArray(nc), settings);
  return (req, res, next) => {
    const question = questionOf(req, settings.base);
    if (question === undefined) {
      if (typeof next === "function") next();
      else sendJson(req, res, 404, { status: "not found" });
    } else if (onlyReads(req, res)) reply(answers, question, req, res);
  };
}

/** Express has taken `baseUrl` away; when that ends with `/health`, it has taken too much. */
function questionOf(req: IncomingMessage & { baseUrl?: unknown }, base: string): Question | undefined {
  const path = pathOf(req.url);
  if (path === undefined || !path.startsWith(base)) return undefined;
  const own = path.slice(base.length);
  const found = QUESTIONS.get(own);
  if (found !== undefined) return found;
  const { baseUrl } = req;
  return typeof baseUrl === "string" && baseUrl.endsWith("/health")
    ? QUESTIONS.get(own === "/" ? "/health" : `/health${own}`)
    : undefined;
}

/** Answers a question; whatever happens, nobody has to catch anything. */
export function reply(
  answers: Answers,
  question: Question,
  req: IncomingMessage,
  res: ServerResponse,
  tell: (answer: Answer) => object = ({ body }) => body,
): void {
  if (!canAnswer(res)) return;
  const send = (answer: Answer) => {
    try {
      sendJson(req, res, answer.code, tell(answer));
    } catch {
      failed();
    }
  };
  const failed = () => {
    try {
      sendFailure(req, res, "health could not be judged");
    } catch {
      // Not even that: somebody else has taken the answer over.
    }
  };
  try {
    const answer = answers.answer(question);
    if (answer instanceof Promise) answer.then(send, failed);
    else send(answer);
  } catch {
    failed();
  }
}
