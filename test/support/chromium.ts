/**
 * How tests start Chromium beside what playwright-core does by itself: `launch({ executablePath: chromium(), args:
 * CHROMIUM_ARGS })`. It talks to nobody but the page's server, and works in a container without a graphics card.
 */
export const CHROMIUM_ARGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of a Chromium that works here. Throws when there is none, so that the test fails and says so. */
export function chromium(): string {
  const program = process.env.CHROMIUM;
  if (program) return program;
  throw new Error(
    "CHROMIUM is not set: run this test by `npm test -- <its file>`, which finds or fetches one, " +
      'or set it: export CHROMIUM="$(node scripts/chromium.mjs)"',
  );
}
