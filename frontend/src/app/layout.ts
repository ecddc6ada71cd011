import { useSyncExternalStore } from 'react';
import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export type SidebarTab = 'modules' | 'outline' | 'datasets' | 'pipelines' | 'runs' | 'targets';
export type InspectorTab = 'parameters' | 'outputs' | 'metrics' | 'logs';
export type DialogName = 'samples' | 'history' | 'shortcuts' | 'steps';

interface Layout {
  readonly sidebarOpen: boolean;
  /** On a narrow screen the sidebar is a drawer over the canvas: open only when it was asked for there. */
  readonly drawerOpen: boolean;
  readonly sidebarTab: SidebarTab;
  readonly sidebarWidth: number;
  readonly inspectorOpen: boolean;
  readonly inspectorTab: InspectorTab;
  readonly inspectorWidth: number;
  /** On a narrow screen: whether the sheet at the lower edge is drawn up. */
  readonly sheetOpen: boolean;
  readonly dialog: DialogName | null;
  /** The run that is being replayed. */
  readonly replaying: string | null;
  set: (change: Partial<Omit<Layout, 'set'>>) => void;
  /** Show a tab of the sidebar, beside the canvas or over it. */
  openSidebar: (tab?: SidebarTab) => void;
  /** Open a tab of the sidebar, or fold the sidebar when that tab is already open. */
  toggleSidebar: (tab?: SidebarTab) => void;
}

const narrow = matchMedia('(width <= 760px)');

/** How the page is arranged: remembered in this browser, no part of any pipeline. */
export const useLayout = create<Layout>()(
  persist(
    (set, get) => ({
      sidebarOpen: true,
      drawerOpen: false,
      sidebarTab: 'modules',
      sidebarWidth: 260,
      inspectorOpen: true,
      inspectorTab: 'parameters',
      inspectorWidth: 360,
      sheetOpen: false,
      dialog: null,
      replaying: null,
      set,
      openSidebar: (tab = get().sidebarTab) => set({ ...opened(true), sidebarTab: tab }),
      toggleSidebar: (tab) => {
        const { sidebarOpen, drawerOpen, sidebarTab } = get();
        const open = narrow.matches ? drawerOpen : sidebarOpen;
        const fold = open && (tab === undefined || tab === sidebarTab);
        set({ ...opened(!fold), sidebarTab: tab ?? sidebarTab });
      },
    }),
    {
      name: 'torchwire.layout',
      partialize: ({
        sidebarOpen,
        sidebarTab,
        sidebarWidth,
        inspectorOpen,
        inspectorTab,
        inspectorWidth,
      }) => ({
        sidebarOpen,
        sidebarTab,
        sidebarWidth,
        inspectorOpen,
        inspectorTab,
        inspectorWidth,
      }),
    },
  ),
);

function opened(open: boolean): Partial<Layout> {
  return narrow.matches ? { drawerOpen: open } : { sidebarOpen: open };
}

/** Whether the screen is too narrow for panels beside the canvas. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed);
      return () => narrow.removeEventListener('change', changed);
    },
    () => narrow.matches,
  );
}
