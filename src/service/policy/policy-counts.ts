/** What a policy counts; counts never go down. */
export interface PolicyCounts {
  /** Requests, each once however often it was tried. */
  calls: number;
  /** Requests that failed in the end. */
  failed: number;
  /** Further tries after a failed one. */
  retried: number;
  /** Tries that a breaker did not let through. */
  rejected: number;
  /** Second requests sent because the first was slow. */
  hedged: number;
  /** Failures for which the fallback has answered. */
  fallbacks: number;
}

export function newCounts(): PolicyCounts {
  return { calls: 0, failed: 0, retried: 0, rejected: 0, hedged: 0, fallbacks: 0 };
}
