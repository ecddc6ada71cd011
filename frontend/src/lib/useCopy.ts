import { useEffect, useState } from 'react';
import { toast } from '@/components/ui/toasts';
import { copyText } from './copyText';

/** For buttons that copy: whether it was just done, and the way to do it. */
export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (text: string) => {
    if (await copyText(text)) setCopied(true);
    else toast({ title: 'It could not be copied', description: text.slice(0, 200), tone: 'warning' });
  };
  return [copied, (text) => void copy(text)];
}
