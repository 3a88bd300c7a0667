import { CodedError } from "../../errors.js";
import { type Cause, causeOf, NOTHING_ENDED } from "../cause.js";
import type { Link } from "../link.js";
import type { LocalStalls } from "../outage.js";
import { factsOf, NOTHING_ON_THE_WAY, type OnTheWay } from "./facts.js";

/** Where the facts are. */
export interface ReasonsHost {
  /** The link that carries the window. */
  readonly active: Link | undefined;
  /** When this process did not run. */
  readonly stalls: LocalStalls;
  readonly owner: { onTheWay(): OnTheWay };
}

/** Says why links end, and remembers it for those who are told of the end later. */
export class Reasons {
  private readonly host: ReasonsHost;
  private readonly wantsTls: boolean;
  /** None before the first end: most connections of a process have nothing to remember. */
  private causes: WeakMap<Error, Cause> | undefined;

  /** @param wantsTls the options want TLS */
  constructor(host: ReasonsHost, wantsTls: boolean) {
    this.host = host;
    this.wantsTls = wantsTls;
  }

  /**
   * Why a link ends now, or an attempt fails; to be asked before the link is dropped.
   *
   * @param known what was on the way, where that is known
   */
  of(link: Link, error: Error, now: number, known?: OnTheWay): Cause {
    const { host, wantsTls } = this;
    const localStall = host.stalls.before(now, link.dialledAt);
    const onTheWay = link === host.active ? (known ?? host.owner.onTheWay()) : NOTHING_ON_THE_WAY;
    const cause = causeOf(
      error,
      factsOf(link, now, localStall, { onTheWay, wantsTls, load: host.stalls.takeLoad() }),
    );
    this.causes ??= new WeakMap();
    this.causes.set(error, cause);
    return cause;
  }

  /**
   * Why the connection is closed with an error: what was told of the very link or attempt that the error is of.
   *
   * @param last what ended last
   */
  ofClose(error: Error, last: Cause | undefined): Cause {
    const within = error instanceof CodedError ? error.detail.cause : undefined;
    const told = this.causes?.get(error) ?? (within instanceof Error ? this.causes?.get(within) : undefined);
    return told ?? last ?? NOTHING_ENDED;
  }
}
