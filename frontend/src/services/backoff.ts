const FIRST_MS = 250;
const LONGEST_MS = 15_000;

/** How long to wait before the n-th try to connect again (counted from 0): doubles up to 15 seconds. */
export function backoff(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
}
