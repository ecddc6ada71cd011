import type { InputPortSpec, OutputPortSpec } from '@/services/types.generated';
import type { PortSide } from '@/lib/document/types';
import styles from './NodeFrame.module.css';
import { Port } from './Port';

interface PortsProps {
  readonly nodeId: string;
  readonly side: PortSide;
  readonly ports: readonly (InputPortSpec | OutputPortSpec)[];
}

/** A node's inputs along its upper edge, or its outputs along the lower one, in declared order. */
export function Ports({ nodeId, side, ports }: PortsProps) {
  if (ports.length === 0) return null;
  return (
    <div className={styles.ports} data-side={side}>
      {ports.map((port) => (
        <Port
          key={port.id}
          nodeId={nodeId}
          portId={port.id}
          side={side}
          label={port.label}
          type={'type' in port ? port.type : port.types.join(' or ')}
          optional={'optional' in port && port.optional}
        />
      ))}
    </div>
  );
}
