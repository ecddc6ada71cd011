import {
  cloneElement,
  type HTMLAttributes,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { createStore, useStore } from 'zustand';
import styles from './Menu.module.css';
import type * as RadixMenu from './RadixMenu';

/** One line of a menu; `'separator'` draws a rule, `{ heading }` a caption. */
export type MenuEntry =
  | 'separator'
  | { heading: string }
  | {
      label: string;
      icon?: ReactNode;
      shortcut?: string | undefined;
      disabled?: boolean;
      danger?: boolean;
      /** Draws a tick and makes the entry one of several choices. */
      checked?: boolean;
      hint?: string | undefined;
      onSelect: () => void;
    };

export interface DropdownMenuProps {
  trigger: ReactElement;
  entries: readonly MenuEntry[];
  label?: string;
  align?: 'start' | 'center' | 'end';
  side?: 'top' | 'bottom' | 'left' | 'right';
}

/** Where on the screen a menu was asked for; `count` tells one request from the next. */
export interface MenuSpot {
  readonly x: number;
  readonly y: number;
  readonly count: number;
}

type Anything = HTMLAttributes<HTMLElement>;

const LONG_PRESS_MS = 700;
const OPENING_KEYS = ['Enter', ' ', 'ArrowDown'];

/** Menus are not there at first sight: their code comes after it, or at the latest when somebody reaches for one. */
const menuCode = createStore<{ loaded: typeof RadixMenu | null }>(() => ({ loaded: null }));

export function preloadMenus(): void {
  void import('./RadixMenu').then((loaded) => menuCode.setState({ loaded }));
}

/** A menu that opens from a button. */
export function DropdownMenu(props: DropdownMenuProps) {
  const code = useStore(menuCode, (state) => state.loaded);
  const [wanted, setWanted] = useState(false);
  if (wanted && code) return <code.DropdownMenu {...props} />;
  const open = () => {
    preloadMenus();
    setWanted(true);
  };
  return cloneElement(props.trigger as ReactElement<Anything>, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: preloadMenus,
    onFocus: preloadMenus,
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0 && !event.ctrlKey) open();
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (!OPENING_KEYS.includes(event.key)) return;
      event.preventDefault();
      open();
    },
  });
}

/** The same menu, opened by a right click, the menu key or a long touch on `children`. */
export function ContextMenu({
  children,
  entries,
}: {
  children: ReactElement;
  entries: readonly MenuEntry[];
}) {
  const code = useStore(menuCode, (state) => state.loaded);
  const [spot, setSpot] = useState<MenuSpot | null>(null);
  const touch = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(touch.current), []);
  const open = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
    preloadMenus();
    setSpot((before) => ({ x: clientX, y: clientY, count: (before?.count ?? 0) + 1 }));
  };
  const letGo = () => clearTimeout(touch.current);
  return (
    <>
      <div
        className={styles.place}
        onContextMenu={(event) => {
          letGo();
          event.preventDefault();
          open(event);
        }}
        onPointerDown={({ pointerType, clientX, clientY }) => {
          letGo();
          if (pointerType !== 'mouse')
            touch.current = setTimeout(() => open({ clientX, clientY }), LONG_PRESS_MS);
        }}
        onPointerMove={letGo}
        onPointerUp={letGo}
        onPointerCancel={letGo}
      >
        {children}
      </div>
      {spot && code && <code.MenuAt spot={spot} entries={entries} />}
    </>
  );
}
