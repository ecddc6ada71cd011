import styles from './Kbd.module.css';

const ON_MAC = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform);
const NAMES: Record<string, string> = ON_MAC
  ? { Mod: '⌘', Shift: '⇧', Alt: '⌥', Delete: '⌫', Enter: '↵', Escape: 'Esc' }
  : { Mod: 'Ctrl', Escape: 'Esc', Delete: 'Del' };

/** Keys as they are printed on the keyboard: `Mod+Shift+Z` becomes three caps. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className={styles.keys}>
      {keys.split(/\+(?!$)/).map((key, index) => (
        <kbd key={index} className={styles.key}>
          {NAMES[key] ?? key}
        </kbd>
      ))}
    </span>
  );
}
