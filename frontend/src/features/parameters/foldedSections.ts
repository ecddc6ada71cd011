import { create } from 'zustand';

interface FoldedSections {
  readonly open: Readonly<Record<string, boolean>>;
  setOpen: (key: string, open: boolean) => void;
}

/** Which sections of the panel a person has opened or folded, for as long as the page lives. */
export const useFoldedSections = create<FoldedSections>((set) => ({
  open: {},
  setOpen: (key, open) => set((state) => ({ open: { ...state.open, [key]: open } })),
}));
