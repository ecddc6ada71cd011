import { useSyncExternalStore } from 'react';
import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export type SidebarTab = 'modules' | 'outline' | 'datasets' | 'pipelines' | 'runs' | 'targets';
export type InspectorTab = 'parameters' | 'outputs' | 'metrics' | 'logs';
export type DialogName = 'samples' | 'history' | 'shortcuts' | 'steps';

interface Layout {
  readonly sidebarOpen: boolean;
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
  /** Open a tab of the sidebar, or fold the sidebar when that tab is already open. */
  toggleSidebar: (tab?: SidebarTab) => void;
}

const narrow = matchMedia('(width <= 760px)');

/** How the page is arranged: remembered in this browser, no part of any pipeline. */
export const useLayout = create<Layout>()(
  persist(
    (set, get) => ({
      // On a narrow screen the sidebar lies over the canvas, so it is opened when it is asked for.
      sidebarOpen: !narrow.matches,
      sidebarTab: 'modules',
      sidebarWidth: 260,
      inspectorOpen: true,
      inspectorTab: 'parameters',
      inspectorWidth: 360,
      sheetOpen: false,
      dialog: null,
      replaying: null,
      set,
      toggleSidebar: (tab) => {
        const { sidebarOpen, sidebarTab } = get();
        const fold = sidebarOpen && (tab === undefined || tab === sidebarTab);
        set({ sidebarOpen: !fold, sidebarTab: tab ?? sidebarTab });
      },
    }),
    {
      name: narrow.matches ? 'torchwire.layout.narrow' : 'torchwire.layout',
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
