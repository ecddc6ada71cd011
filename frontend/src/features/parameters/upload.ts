import { createContext, use } from 'react';

/** Opens the dialog in which a data set is uploaded; `use` is called with its name when it is registered. */
export type OpenUpload = (use: (name: string) => void) => void;

const UploadContext = createContext<OpenUpload | null>(null);

/** The application provides the dialog, which belongs to another feature. */
export const UploadProvider = UploadContext.Provider;

export function useUpload(): OpenUpload | null {
  return use(UploadContext);
}
