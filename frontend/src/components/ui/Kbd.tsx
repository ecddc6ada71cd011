import { shortcutKeys } from './keyNames';
import styles from './Kbd.module.css';

/** Keys as they are printed on the keyboard: `Mod+Shift+Z` becomes three caps. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className={styles.keys}>
      {shortcutKeys(keys).map((key, index) => (
        <kbd key={index} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
