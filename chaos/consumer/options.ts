import { whole } from "../../demo/command-line.js";
import { readCampaign } from "../campaign-command.js";

/** What the user asked for. */
export interface ConsumerOptions {
  /** Messages that are published and have to be handled. */
  readonly messages: number;
  /** Times that something is killed, deleted or frozen. */
  readonly disruptions: number;
  /** For what happens when, and which messages are poisoned. */
  readonly seed: number;
  readonly json: boolean;
}

const DEFAULTS = { messages: 10_000, disruptions: 14 };

interface Given extends ConsumerOptions {
  consumer: true;
}

/** Whether the command line is about a consumer. */
export function isAboutConsumer(args: readonly string[]): boolean {
  return args.includes("--consumer");
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param say where to, instead
 */
export function parseConsumerOptions(args: readonly string[], say?: (text: string) => void): ConsumerOptions {
  return readCampaign(args, say, {
    description:
      "Three real nats-servers in a cluster, a stream with three replicas, and a process that consumes it with consume():" +
      " leaders are killed, the consumer is deleted, the process is killed, some messages are poisoned. What becomes of each message.",
    options: (command) =>
      command
        .requiredOption("--consumer", "run this one")
        .option("--messages <n>", "messages", whole(100, 1_000_000), DEFAULTS.messages)
        .option(
          "--disruptions <n>",
          "how often something is killed, deleted or frozen",
          whole(0, 1000),
          DEFAULTS.disruptions,
        ),
    read: (command) => {
      const { messages, disruptions, seed, json } = command.opts<Given>();
      return { messages, disruptions, seed, json };
    },
  });
}

/** The command line that leads to the same run again. */
export function consumerCommand({ messages, disruptions, seed }: ConsumerOptions): string {
  return `npm run chaos -- --consumer --messages ${messages} --disruptions ${disruptions} --seed ${seed}`;
}
