import { useStore, type ReactFlowState } from '@xyflow/react';
import { Hand, Map, Maximize, Minus, MousePointer2, Network, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '@/components/ui/IconButton';
import { Tooltip } from '@/components/ui/Tooltip';
import { runCommand, useCommand } from '@/lib/commands';
import { useDocument } from '@/lib/document/documentStore';
import styles from './CanvasControls.module.css';
import { useCanvasUi } from './canvasUi';
import { shownShortcut } from './shownShortcut';

const zoomOf = (state: ReactFlowState) => Math.round(state.transform[2] * 100);

/** The buttons in the corner of the canvas: tool, zoom, layout, map. */
export function CanvasControls() {
  const zoom = useStore(zoomOf);
  const tool = useCanvasUi((state) => state.tool);
  const minimap = useCanvasUi((state) => state.minimap);
  const readOnly = useCanvasUi((state) => state.readOnly);
  const empty = useDocument((state) => state.order.length === 0);
  return (
    <div className={styles.bar} data-overlay role="toolbar" aria-label="Canvas">
      {!readOnly && (
        <div className={styles.group} data-optional>
          <Do id="tool-select" icon={<MousePointer2 />} pressed={tool === 'select'} />
          <Do id="tool-hand" icon={<Hand />} pressed={tool === 'hand'} />
        </div>
      )}
      <div className={styles.group}>
        <Do id="zoom-out" icon={<Minus />} />
        <Tooltip content="Zoom to 100 %" side="top">
          <button type="button" className={styles.zoom} onClick={() => runCommand('zoom-reset')}>
            {zoom} %
          </button>
        </Tooltip>
        <Do id="zoom-in" icon={<Plus />} />
        <Do id="fit" icon={<Maximize />} disabled={empty} />
      </div>
      <div className={styles.group}>
        {!readOnly && <Do id="tidy" icon={<Network />} disabled={empty} />}
        <Do id="toggle-minimap" icon={<Map />} pressed={minimap} optional />
      </div>
    </div>
  );
}

interface DoProps {
  readonly id: string;
  readonly icon: ReactNode;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly optional?: boolean;
}

function Do({ id, icon, label, disabled = false, pressed, optional = false }: DoProps) {
  const command = useCommand(id);
  return (
    <IconButton
      label={label ?? command?.label ?? id}
      icon={icon}
      shortcut={shownShortcut(command)}
      tooltipSide="top"
      disabled={disabled}
      data-optional={optional || undefined}
      {...(pressed !== undefined && { pressed })}
      onClick={() => runCommand(id)}
    />
  );
}
