import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';

import { IconButton } from '@/components/ui/IconButton';
import { toast } from '@/components/ui/toasts';

/** Puts words on the clipboard and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast({
        title: 'It could not be copied',
        description: 'Select the words and copy them.',
        tone: 'warning',
      });
    }
  };
  return (
    <IconButton
      label={copied ? 'Copied' : label}
      size="sm"
      icon={copied ? <Check /> : <Copy />}
      onClick={() => void copy()}
    />
  );
}
