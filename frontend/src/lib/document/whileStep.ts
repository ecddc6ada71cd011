import { documentStore } from './documentStore';

/**
 * Call `over` once the step that the draft stands at now was taken back, or another draft was opened: what was offered
 * about it then makes no sense any more. With `newest`, also once a further step was taken.
 */
export function whileStep(over: () => void, { newest = false } = {}): void {
  const { history, pipelineId } = documentStore.getState();
  const [opened, at] = [history.entries[0], history.cursor];
  const stop = documentStore.subscribe((state) => {
    const { entries, cursor } = state.history;
    const stands = newest ? cursor === at : cursor >= at;
    if (stands && entries[0] === opened && state.pipelineId === pipelineId) return;
    stop();
    over();
  });
}
