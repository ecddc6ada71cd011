import { bytes, duration } from '@/lib/run/format';
import type { Rehearsal } from '@/services/types.generated';

/** What a rehearsal has found, in a sentence: `About 4 min, 1.2 GB on This computer (CPU).` */
export function rehearsalWords(rehearsal: Rehearsal, titleOf: (nodeId: string) => string): string {
  const { status, nodes, seconds, memory_bytes: memory, target, error, waiting } = rehearsal;
  if (status === 'running') {
    return `Rehearsing on ${target}: ${waiting} ${waiting === 1 ? 'node' : 'nodes'} to go.`;
  }
  if (status === 'cancelled') return 'The rehearsal was cancelled.';
  if (status === 'failed') return error ?? 'The rehearsal failed.';
  const unknown = Object.entries(nodes).find(([, { seconds: found }]) => found === undefined);
  if (unknown !== undefined) return `${titleOf(unknown[0])}: ${unknown[1].why ?? 'nobody can tell yet.'}`;
  if (Object.keys(nodes).length === 0 || seconds === null) return 'There is nothing to train or to score.';
  const time = seconds < 1 ? 'less than 1 s' : duration(seconds);
  return `About ${time}${memory === null ? '' : `, ${bytes(memory)}`} on ${target}.${elsewhereWords(nodes, titleOf)}`;
}

/** Which nodes were measured here, but will run on a cluster. */
function elsewhereWords(nodes: Rehearsal['nodes'], titleOf: (nodeId: string) => string): string {
  const far = Object.entries(nodes).filter(([, { elsewhere }]) => elsewhere !== undefined);
  if (far.length === 0) return '';
  const told = far.map(([node, { elsewhere }]) => `${titleOf(node)} on ${elsewhere}`).join(', ');
  return ` Measured on this computer, but will run elsewhere: ${told}. There it may take longer or less.`;
}
