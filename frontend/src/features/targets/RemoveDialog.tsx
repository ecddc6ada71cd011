import { Button } from '@/components/ui/Button';
import { ConfirmDialog, Dialog } from '@/components/ui/Dialog';
import { counted } from '@/lib/run/format';
import type { Target } from '@/services/queries/useTargets';

import { useRemoveTarget } from './useTargetActions';

interface RemoveDialogProps {
  target: Target;
  onClose: () => void;
  onRemoved: () => void;
}

/** Asks before a target goes; while nodes use it, it says why it can't. */
export function RemoveDialog({ target, onClose, onRemoved }: RemoveDialogProps) {
  const remove = useRemoveTarget(onRemoved);
  const title = target.title || target.id;
  const { busy, waiting } = target;
  if (busy.nodes + waiting > 0) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        size="sm"
        title={`${title} is in use`}
        description={`${usedWords(busy.nodes, waiting)} there. Cancel what uses it or wait for its end; then it can be removed.`}
        footer={<Button onClick={onClose}>Close</Button>}
      />
    );
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Remove ${title}?`}
      description={`Torchwire forgets its settings and its token. The cluster itself, and results that were made there, stay. Pipelines that name ‘${target.id}’ ask for another target.`}
      action="Remove the target"
      danger
      busy={remove.isPending}
      onConfirm={() => remove.mutate(target)}
    />
  );
}

function usedWords(running: number, waiting: number): string {
  const runs = running > 0 && `${counted(running, 'node runs', 'nodes run')}`;
  const waits = waiting > 0 && `${counted(waiting, 'node waits', 'nodes wait')}`;
  return [runs, waits].filter(Boolean).join(' and ');
}
