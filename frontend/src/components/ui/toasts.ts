import { create } from 'zustand';

export interface Toast {
  id: number;
  title: string;
  description?: string | undefined;
  tone?: 'neutral' | 'success' | 'warning' | 'danger' | undefined;
  action?: { label: string; onSelect: () => void } | undefined;
  /** Milliseconds; an action gives people longer by default. */
  duration?: number | undefined;
}

interface ToastState {
  toasts: readonly Toast[];
  dismiss: (id: number) => void;
}

export const useToasts = create<ToastState>((set) => ({
  toasts: [],
  dismiss: (id) => set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) })),
}));

let lastId = 0;

/** Say something in passing, at the lower edge of the window. Returns what takes it back. */
export function toast(message: Omit<Toast, 'id'>): () => void {
  lastId += 1;
  const shown = { ...message, id: lastId };
  useToasts.setState((state) => ({ toasts: [...state.toasts.slice(-3), shown] }));
  return () => useToasts.getState().dismiss(shown.id);
}
