import type { Connection } from "../../index.js";
import type { HealthSettings } from "../health-options.js";
import type { Route } from "../http/route.js";
import { Answers } from "./answers.js";
import { reply } from "./handler.js";
import { QUESTIONS } from "./paths.js";

/** The health endpoints of `serve()`. Probes of a kubelet have no token: to them, liveness and readiness answer their status alone. */
export function healthRoute(
  connections: readonly Connection[],
  several: boolean,
  settings: HealthSettings,
): Route {
  const answers = new Answers(connections, several, settings);
  const paths = [...QUESTIONS.keys()];
  return {
    paths,
    open: paths.filter((path) => ["live", "ready"].includes(QUESTIONS.get(path)!)),
    handle(req, res, path, trusted) {
      reply(answers, QUESTIONS.get(path)!, req, res, ({ body }) =>
        trusted ? body : { status: body.status },
      );
    },
  };
}
