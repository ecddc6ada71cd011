/** What can be used first comes first: code that the first sight doesn't need is fetched and run when that stands. */

/** Pages that draw no pipeline, and pipelines that never come, don't hold up the rest for longer. */
const AT_THE_LATEST_MS = 2500;

let stands: () => void;
/** Comes true when the pipeline is on the screen, or nothing is waited for any more. */
export const firstSight = new Promise<void>((resolve) => {
  stands = resolve;
});
setTimeout(() => stands(), AT_THE_LATEST_MS);

/** The pipeline is on the screen, each node in its place. */
export function firstSightStands(): void {
  // Once it is painted.
  requestAnimationFrame(() => setTimeout(stands));
}

/** `load`, but not before the first sight stands. */
export function afterFirstSight<T>(load: () => Promise<T>): () => Promise<T> {
  return () => firstSight.then(load);
}
