import { Dialog } from '@/components/ui/Dialog';
import { Kbd } from '@/components/ui/Kbd';
import { useAllCommands, type Command } from '@/lib/commands';
import { GESTURES } from './gestures';
import styles from './ShortcutsDialog.module.css';

interface ShortcutsDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Every shortcut there is, read from the commands themselves. */
export function ShortcutsDialog({ open, onOpenChange }: ShortcutsDialogProps) {
  const groups = Map.groupBy(
    [...useAllCommands().values()].filter((command) => command.shortcut !== undefined),
    (command) => command.group,
  );
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" size="lg">
      {/* It may be longer than the screen, and then has to be scrolled by keyboard. */}
      <div className={styles.columns} role="group" aria-label="Shortcuts" tabIndex={0}>
        {[...groups].map(([group, commands]) => (
          <section key={group} className={styles.group}>
            <h3 className={styles.title}>{group}</h3>
            <dl>
              {commands.map((command) => (
                <Line key={command.id} command={command} />
              ))}
            </dl>
          </section>
        ))}
        <section className={styles.group}>
          <h3 className={styles.title}>With the mouse</h3>
          <dl>
            {GESTURES.map(([what, how]) => (
              <div key={what} className={styles.line}>
                <dt>{what}</dt>
                <dd className={styles.gesture}>{how}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}

function Line({ command }: { command: Command }) {
  return (
    <div className={styles.line}>
      <dt>{command.label}</dt>
      <dd className={styles.keys}>
        {command.shortcut?.map((shortcut, index) => (
          <span key={shortcut} className={styles.keys}>
            {index > 0 && <span className={styles.or}>or</span>}
            <Kbd keys={shortcut} />
          </span>
        ))}
      </dd>
    </div>
  );
}
