import { lazy, type ReactNode, Suspense, useCallback, useState } from 'react';
import { type OpenUpload, UploadProvider } from '@/features/parameters/upload';

const AddDatasetDialog = lazy(() =>
  import('@/features/datasets/AddDatasetDialog').then((module) => ({ default: module.AddDatasetDialog })),
);

/** Lets the parameter panel open the dialog of the data sets. */
export function WithUploadDialog({ children }: { children: ReactNode }) {
  const [use, setUse] = useState<{ call: (name: string) => void } | null>(null);
  const open = useCallback<OpenUpload>((call) => setUse({ call }), []);
  return (
    <UploadProvider value={open}>
      {children}
      {use && (
        <Suspense fallback={null}>
          <AddDatasetDialog
            open
            onOpenChange={(next) => {
              if (!next) setUse(null);
            }}
            onRegistered={use.call}
          />
        </Suspense>
      )}
    </UploadProvider>
  );
}
