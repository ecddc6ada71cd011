import { Cpu } from 'lucide-react';
import type { ReactNode } from 'react';
import { Select } from '@/components/ui/Select';
import { useTargets } from '@/services/queries/useTargets';
import type { Target } from '@/services/types.generated';

interface TargetSelectProps {
  value: string;
  onValueChange: (target: string) => void;
  label?: string;
  id?: string;
  quiet?: boolean;
  icon?: ReactNode;
  className?: string | undefined;
}

/** Chooses where nodes run, with what is there and what is busy. */
export function TargetSelect({
  value,
  onValueChange,
  label,
  id,
  quiet = false,
  className,
}: TargetSelectProps) {
  const { data: targets = [] } = useTargets();
  const known = targets.some((target) => target.id === value);
  const options = targets.map((target) => ({
    value: target.id,
    label: target.title || target.id,
    hint: aboutTarget(target),
    disabled: !target.available,
  }));
  return (
    <Select
      value={value}
      onValueChange={onValueChange}
      options={known ? options : [...options, { value, label: value, hint: 'Not known to this server' }]}
      icon={<Cpu aria-hidden />}
      invalid={!known && targets.length > 0}
      quiet={quiet}
      className={className}
      {...(label !== undefined && { label })}
      {...(id !== undefined && { id })}
    />
  );
}

export function aboutTarget(target: Target): string {
  if (!target.available) return target.why ?? 'Not available';
  const busy = target.busy.nodes === 0 ? 'idle' : `${target.busy.nodes} running`;
  const memory = target.memory_bytes === null ? null : `${Math.round(target.memory_bytes / 2 ** 30)} GiB`;
  return [`${target.cores} cores`, memory, busy].filter((part) => part !== null).join(' · ');
}
