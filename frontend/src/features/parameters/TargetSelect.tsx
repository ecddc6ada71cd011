import { Cpu, Server, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Select } from '@/components/ui/Select';
import { aboutTarget } from '@/lib/targets/resources';
import { useTargets, type Target } from '@/services/queries/useTargets';

interface TargetSelectProps {
  value: string;
  onValueChange: (target: string) => void;
  label?: string;
  id?: string;
  quiet?: boolean;
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
  const { data: targets = [], refetch } = useTargets();
  const chosen = targets.find((target) => target.id === value);
  const known = chosen !== undefined;
  const here = targets.filter((target) => target.remote !== true);
  const beyond = targets.filter((target) => target.remote === true);
  const options = [...here, ...beyond].map((target) => ({
    value: target.id,
    label: target.title || target.id,
    hint: aboutTarget(target),
    // A cluster that is away may be back by the time that a node wants it.
    disabled: !target.available && target.remote !== true,
  }));
  return (
    <Select
      value={value}
      onValueChange={onValueChange}
      options={known ? options : [...options, { value, label: value, hint: 'Not known to this server' }]}
      icon={iconOf(chosen)}
      title={chosen !== undefined && !chosen.available ? aboutTarget(chosen) : undefined}
      onOpen={() => void refetch()}
      invalid={!known && targets.length > 0}
      quiet={quiet}
      className={className}
      {...(label !== undefined && { label })}
      {...(id !== undefined && { id })}
    />
  );
}

function iconOf(target: Target | undefined): ReactNode {
  if (target !== undefined && !target.available) return <TriangleAlert aria-hidden data-tone="warning" />;
  return target?.remote === true ? <Server aria-hidden /> : <Cpu aria-hidden />;
}
