/**
 * @typedef {{ passed: number, failed: number, skipped: number, note?: string }} Tally
 */

/**
 * Counts a vitest run from its JSON report and its exit code. Whatever went wrong outside of a test (a crash, a file that does
 * not load, an unhandled error, no test at all) counts as one failure, and `note` says what it was.
 *
 * @param {any} report the parsed report; undefined if there is none
 * @param {number} code
 * @returns {Tally}
 */
export function tally(report, code) {
  if (!report) return { passed: 0, failed: 1, skipped: 0, note: `vitest left no report (exit code ${code})` };
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
  const failedOutsideTests = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  counts.failed += failedOutsideTests.length;
  if (failedOutsideTests.length > 0) {
    return { ...counts, note: `${failedOutsideTests.length} test file(s) failed outside of their tests` };
  }
  if (counts.failed > 0) return counts;
  if (code !== 0)
    return { ...counts, failed: 1, note: `vitest failed outside of the tests (exit code ${code})` };
  if (counts.passed === 0) return { ...counts, failed: 1, note: "no test was run" };
  return counts;
}

/**
 * @param {Tally[]} tallies
 * @returns {Tally}
 */
export const sum = (tallies) =>
  tallies.reduce(
    (total, one) => ({
      passed: total.passed + one.passed,
      failed: total.failed + one.failed,
      skipped: total.skipped + one.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );

/** @param {Tally} total */
export const lineFor = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
