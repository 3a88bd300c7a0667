import { isIP } from "node:net";
import { listText } from "../../diagnosis/words.js";
import { isLoopback } from "../hosts.js";
import type { Found, LintContext, Rule } from "../rule.js";

/** The names that Kubernetes gives to services; of a pod behind one there is another label before them. */
const SERVICE = /^[^.]+\.[^.]+\.svc(?:\.|$)/i;

function oneServer({ options, addresses, running }: LintContext): Found | undefined {
  if (new Set(addresses.map(({ listen }) => listen)).size > 1) return undefined;
  const [{ listen, hostname }] = addresses;
  const option = options.port === undefined ? "servers" : "port";
  if (SERVICE.test(hostname) && options.resolve !== false && (running?.servers ?? 1) < 2)
    return {
      level: "hint",
      option,
      message: `${listen} is the only server, and the name of a Kubernetes service`,
      why: "it leads to a server that is ready, as long as the cluster's DNS answers, and the service has more than one",
      advice: [
        "servers: also those of the pods, such as nats-0.nats-headless, where each has a name of its own",
      ],
    };
  if (options.ignoreClusterUpdates === true && !isLoopback(hostname))
    return {
      level: "error",
      option,
      message: `${listen} is the only server, and what it tells of its cluster is ignored`,
      why: "as long as it is down there is no connection, although its cluster may be well",
      advice: ["servers: at least three of the cluster", "ignoreClusterUpdates: false"],
    };
  if (running !== undefined && running.servers > 1)
    return {
      level: "hint",
      option,
      message: `${listen} is the only server in the options; the cluster has told of ${running.servers - 1} more`,
      why: "the next process knows this one only: it cannot start while that is down",
      advice: ["servers: at least three of the cluster"],
    };
  return {
    level: isLoopback(hostname) ? "hint" : "warning",
    option,
    message: `${listen} is the only server`,
    why: "the process cannot start while it is down, unless its name has several addresses; others of its cluster are known only once a link stands",
    advice: ["servers: at least three of the cluster"],
  };
}

function gossip({ options, addresses }: LintContext): Found | undefined {
  if (options.ignoreClusterUpdates !== true || addresses.every(({ hostname }) => isLoopback(hostname)))
    return undefined;
  return {
    level: "warning",
    option: "ignoreClusterUpdates",
    message: "what servers tell of their cluster is ignored",
    why: "servers that are added are never used, and those that replace others are not known when the last one of the list goes",
    advice: [
      "ignoreClusterUpdates: false",
      "where their addresses cannot be reached from here: client_advertise in the servers' configuration",
    ],
  };
}

function order({ options, addresses }: LintContext): Found | undefined {
  if (options.noRandomize !== true || addresses.length < 2) return undefined;
  return {
    level: "warning",
    option: "noRandomize",
    message: `servers are tried in the order of the list, ${addresses[0].listen} first`,
    why: "all clients with this list are at the same server, and all lose it together",
    advice: ["noRandomize: false", "preferredServers, if some are nearer"],
  };
}

function duplicates({ addresses }: LintContext): Found | undefined {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const { listen } of addresses) (seen.has(listen) ? again : seen).add(listen);
  const twice = [...again];
  if (twice.length === 0) return undefined;
  return {
    level: "warning",
    option: "servers",
    message: `servers are in the list more than once: ${listText(twice)}`,
    why: "the list looks longer than it is, and what is wrong with one of them is met twice",
    advice: ["servers: each once, and the others of the cluster"],
  };
}

function oneHost({ addresses }: LintContext): Found | undefined {
  const hosts = new Set(addresses.map(({ hostname }) => hostname.toLowerCase()));
  const names = new Set(addresses.map(({ listen }) => listen));
  if (names.size < 2 || hosts.size > 1 || isLoopback(addresses[0].hostname)) return undefined;
  return {
    level: "hint",
    option: "servers",
    message: `all ${names.size} servers are on one host: ${addresses[0].hostname}`,
    why: "they are gone together with it",
    advice: ["servers: on at least three hosts"],
  };
}

function oneAddress({ options, addresses }: LintContext): Found | undefined {
  if (options.resolve !== false || new Set(addresses.map(({ listen }) => listen)).size > 1) return undefined;
  if (isIP(addresses[0].hostname) !== 0 || isLoopback(addresses[0].hostname)) return undefined;
  return {
    level: "warning",
    option: "resolve",
    message: `of the addresses that ${addresses[0].hostname} has only the first is tried: resolve is false`,
    why: "the name of a cluster stands for several servers: when the first is down, the others are not tried",
    advice: ["resolve: true"],
  };
}

function fixedPort({ options }: LintContext): Found | undefined {
  if (options.localPort === undefined) return undefined;
  return {
    level: "warning",
    option: "localPort",
    message: `connections come from port ${options.localPort} alone`,
    why: "there can be one link at a time: no planned move without a gap, no standby; and the system may hold the port back after a loss (TIME_WAIT)",
    advice: ["no localPort: let the firewall go by localAddress"],
  };
}

function stays({ options }: LintContext): Found | undefined {
  if (options.preferredServers === undefined || options.failback !== false) return undefined;
  return {
    level: "hint",
    option: "failback",
    message: "the connection does not go back to its preferred servers: failback is false",
    why: "after the first outage it may stay in another zone for months",
    advice: ["no failback: false; the default goes back without a gap once a preferred server has lasted"],
  };
}

function noSecond({ options, addresses }: LintContext): Found | undefined {
  if (options.standby !== true || options.ignoreClusterUpdates !== true || addresses.length > 1)
    return undefined;
  return {
    level: "warning",
    option: "standby",
    message: "standby wants a second server, and there is one in the list and gossip is ignored",
    why: "there will never be a second link",
    advice: ["servers: at least two", "ignoreClusterUpdates: false"],
  };
}

/** The servers that a connection may have. */
export const SERVERS: readonly Rule[] = [
  { name: "one-server", check: oneServer },
  { name: "gossip-ignored", check: gossip },
  { name: "fixed-order", check: order },
  { name: "duplicate-servers", check: duplicates },
  { name: "one-host", check: oneHost },
  { name: "one-address", check: oneAddress },
  { name: "fixed-port", check: fixedPort },
  { name: "no-failback", check: stays },
  { name: "standby-alone", check: noSecond },
];
