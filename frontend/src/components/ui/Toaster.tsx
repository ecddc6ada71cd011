import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { Button } from './Button';
import { cx } from './cx';
import { IconButton } from './IconButton';
import styles from './Toaster.module.css';
import { useToasts } from './toasts';

/** Where toasts appear. Mounted once. */
export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  const dismiss = useToasts((state) => state.dismiss);
  return (
    <Radix.Provider label="Notifications" swipeDirection="right">
      {toasts.map((toast) => (
        <Radix.Root
          key={toast.id}
          className={styles.toast}
          duration={toast.duration ?? (toast.action || toast.tone === 'danger' ? 9000 : 4500)}
          onOpenChange={(open) => {
            if (!open) dismiss(toast.id);
          }}
        >
          {toast.tone !== undefined && toast.tone !== 'neutral' && (
            <span className={cx(styles.sign, styles[toast.tone])} aria-hidden>
              {toast.tone === 'success' ? <CircleCheck /> : <TriangleAlert />}
            </span>
          )}
          <div className={styles.words}>
            <Radix.Title className={styles.title}>{toast.title}</Radix.Title>
            {toast.description !== undefined && (
              <Radix.Description className={styles.description}>{toast.description}</Radix.Description>
            )}
          </div>
          {toast.action && (
            <Radix.Action asChild altText={toast.action.label} onClick={toast.action.onSelect}>
              <Button size="sm">{toast.action.label}</Button>
            </Radix.Action>
          )}
          <Radix.Close asChild>
            <IconButton label="Dismiss" tooltip={null} size="sm" icon={<X />} />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className={styles.viewport} />
    </Radix.Provider>
  );
}
