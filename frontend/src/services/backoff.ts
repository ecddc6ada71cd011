const FIRST_MS = 250;
const LONGEST_MS = 15_000;
/** A server on this machine is asked often: nobody is in the way, and it is back within seconds of a restart. */
const LONGEST_LOCAL_MS = 1000;

/** How long to wait before the n-th try to connect again (counted from 0): doubles up to 15 seconds. */
export function backoff(tries: number, local = isLoopback(location.hostname)): number {
  return Math.min(local ? LONGEST_LOCAL_MS : LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
