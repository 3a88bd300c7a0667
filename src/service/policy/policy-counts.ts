/** What a policy counts; see `PolicyFacts`, which has the meaning of each. */
export interface PolicyCounts {
  calls: number;
  failed: number;
  retried: number;
  rejected: number;
  hedged: number;
  fallbacks: number;
}

export function newCounts(): PolicyCounts {
  return { calls: 0, failed: 0, retried: 0, rejected: 0, hedged: 0, fallbacks: 0 };
}
