import { Tooltip } from 'radix-ui';
import type { CSSProperties } from 'react';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { useCatalog } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import type { ModuleSpec } from '@/services/types.generated';
import { dragToCanvas } from './dragToCanvas';
import styles from './Palette.module.css';

/** One module: drag it out, press Enter, or double-click; its help stands beside it on hover and focus. */
export function PaletteItem({ spec }: { spec: ModuleSpec }) {
  const add = () => canvasApi()?.addAtCentre(spec.id);
  return (
    <li>
      <Tooltip.Root>
        <Tooltip.Trigger asChild>
          <button
            type="button"
            className={styles.item}
            data-row
            data-module={spec.id}
            onPointerDown={(event) => dragToCanvas(event.nativeEvent, spec.id)}
            onDoubleClick={add}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              add();
            }}
          >
            <ModuleIcon moduleId={spec.id} size="sm" />
            <span className={styles.itemTitle}>{spec.title}</span>
          </button>
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content
            className={styles.help}
            side="right"
            align="start"
            sideOffset={10}
            collisionPadding={12}
          >
            <ModuleHelp spec={spec} />
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </li>
  );
}

function ModuleHelp({ spec }: { spec: ModuleSpec }) {
  const [first = ''] = spec.help.split('\n\n');
  return (
    <>
      <strong className={styles.helpTitle}>{spec.title}</strong>
      <p>{first.replaceAll('\n', ' ')}</p>
      <dl className={styles.helpPorts}>
        {spec.inputs.length > 0 && <dt>In</dt>}
        {spec.inputs.map((port) => (
          <PortLine key={port.id} label={port.label} type={port.types[0]} optional={port.optional} />
        ))}
        {spec.outputs.length > 0 && <dt>Out</dt>}
        {spec.outputs.map((port) => (
          <PortLine key={port.id} label={port.label} type={port.type} optional={false} />
        ))}
      </dl>
      <p className={styles.helpHow}>Drag to the canvas, or press Enter</p>
    </>
  );
}

function PortLine({ label, type, optional }: { label: string; type: string | undefined; optional: boolean }) {
  const hue = useCatalog((state) => state.types.get(type ?? '')?.hue ?? 260);
  return (
    <dd style={{ '--hue': hue } as CSSProperties}>
      {label}
      {optional && <span> (optional)</span>}
    </dd>
  );
}
