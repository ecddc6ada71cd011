import { useMemo } from 'react';
import { Badge } from '@/components/ui/Badge';
import { Tooltip } from '@/components/ui/Tooltip';
import { useDocument } from '@/lib/document/documentStore';
import { sameComputation } from '@/lib/document/sameComputation';
import { useRunState } from '@/lib/run/runStore';
import { useNarrow } from './layout';

/** Says when the run on the canvas is that of another state of the pipeline than the one that is drawn. */
export function EditedSinceRun() {
  const narrow = useNarrow();
  const submitted = useRunState((view) => view.run?.document);
  const nodes = useDocument((state) => state.nodes);
  const wires = useDocument((state) => state.wires);
  const edited = useMemo(
    () => submitted !== undefined && !sameComputation(submitted, { nodes: Object.values(nodes), wires }),
    [submitted, nodes, wires],
  );
  if (!edited) return null;
  return (
    <Tooltip
      side="top"
      content="The states and results are those of the pipeline as it was submitted. Submit again to run your edits."
    >
      <span tabIndex={0}>
        <Badge tone="warning">{narrow ? 'Edited' : 'Edited since this run'}</Badge>
      </span>
    </Tooltip>
  );
}
