import { TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { useCatalog } from '@/lib/modules/catalog';
import { NodeFrame } from './NodeFrame';
import styles from './NodeFrame.module.css';
import { Port } from './Port';

interface MissingModuleProps {
  readonly nodeId: string;
  readonly moduleId: string;
  readonly selected: boolean;
}

/** A node whose module isn't installed: it keeps its place, its parameters and its wires, and says what is missing. */
export function MissingModule({ nodeId, moduleId, selected }: MissingModuleProps) {
  const loaded = useCatalog((state) => state.loaded);
  const wires = useDocument((state) => state.wires);
  const { inputs, outputs } = useMemo(
    () => ({
      inputs: unique(wires.filter((wire) => wire.to[0] === nodeId).map((wire) => wire.to[1])),
      outputs: unique(wires.filter((wire) => wire.from[0] === nodeId).map((wire) => wire.from[1])),
    }),
    [wires, nodeId],
  );
  return (
    <NodeFrame
      nodeId={nodeId}
      moduleId={moduleId}
      title={moduleId}
      selected={selected}
      missing={loaded}
      inputs={
        <div className={styles.ports} data-side="input">
          {inputs.map((id) => (
            <Port key={id} nodeId={nodeId} portId={id} side="input" label={id} type="" optional={false} />
          ))}
        </div>
      }
      outputs={
        <div className={styles.ports} data-side="output">
          {outputs.map((id) => (
            <Port key={id} nodeId={nodeId} portId={id} side="output" label={id} type="" optional={false} />
          ))}
        </div>
      }
    >
      {loaded && (
        <p className={styles.missing}>
          <TriangleAlert aria-hidden />
          This module isn’t installed.
        </p>
      )}
    </NodeFrame>
  );
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
