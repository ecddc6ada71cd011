import styles from './Kbd.module.css';

const ON_MAC = typeof navigator !== 'undefined' && navigator.userAgent.includes('Mac');
const MAC_NAMES: Record<string, string> = { Ctrl: '⌘', Shift: '⇧', Alt: '⌥' };

/** Keys as they are printed on the keyboard: `Ctrl+Shift+Z` becomes three caps. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className={styles.keys}>
      {keys.split('+').map((key, index) => (
        <kbd key={index} className={styles.key}>
          {(ON_MAC && MAC_NAMES[key]) || key || '+'}
        </kbd>
      ))}
    </span>
  );
}
