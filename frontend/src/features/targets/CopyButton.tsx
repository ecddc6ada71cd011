import { Check, Copy } from 'lucide-react';

import { IconButton } from '@/components/ui/IconButton';
import { useCopy } from '@/lib/useCopy';

/** Puts words on the clipboard and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopy();
  return (
    <IconButton
      label={copied ? 'Copied' : label}
      size="sm"
      icon={copied ? <Check /> : <Copy />}
      onClick={() => copy(text)}
    />
  );
}
