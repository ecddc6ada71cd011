/** The form of a kind of target, made from the JSON schema of its options. */

export type FieldKind = 'text' | 'integer' | 'number' | 'flag' | 'choice' | 'list' | 'json';

export interface OptionField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** Undefined: none, the field may stay empty. */
  readonly fallback: unknown;
  readonly choices: readonly string[];
  readonly minimum: number | null;
  readonly exclusiveMinimum: boolean;
  readonly maximum: number | null;
  readonly pattern: string | null;
  readonly example: string | null;
}

/** What stands in the fields, as it was typed; flags are true or false. */
export type Values = Readonly<Record<string, string | boolean>>;

export interface Reading {
  readonly options: Record<string, unknown>;
  /** What is wrong, by field. */
  readonly faults: Readonly<Record<string, string>>;
}

type Schema = Readonly<Record<string, unknown>>;

/** The fields in the order of the schema, those that must be given first. */
export function fieldsOf(schema: unknown): readonly OptionField[] {
  const whole = asSchema(schema);
  const required = asList(whole['required']);
  const fields = Object.entries(asSchema(whole['properties'])).map(([name, property]) =>
    fieldOf(name, asSchema(property), required.includes(name), whole),
  );
  return [...fields.filter((field) => field.required), ...fields.filter((field) => !field.required)];
}

function fieldOf(name: string, property: Schema, required: boolean, whole: Schema): OptionField {
  const schema = { ...meaning(property, whole), ...withoutUnions(property) };
  const choices = asList(schema['enum'] ?? (schema['const'] === undefined ? [] : [schema['const']])).map(
    String,
  );
  const examples = asList(schema['examples']);
  const exclusive = numberOr(schema['exclusiveMinimum']);
  return {
    name,
    label: labelOf(name),
    help: textOr(schema['description']),
    kind: kindOf(schema, choices),
    required,
    fallback: schema['default'] ?? undefined,
    choices,
    minimum: exclusive ?? numberOr(schema['minimum']),
    exclusiveMinimum: exclusive !== null,
    maximum: numberOr(schema['maximum']),
    pattern: typeof schema['pattern'] === 'string' ? schema['pattern'] : null,
    example: examples.length === 0 ? null : spell(examples[0]),
  };
}

/** What a value is, apart from that it may be left out: the one alternative to null, a reference followed. */
function meaning(schema: Schema, whole: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const found = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((place, step) => asSchema(place)[step], whole);
    return meaning(asSchema(found), whole);
  }
  const union = asList(schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']).map(asSchema);
  const others = union.filter((part) => part['type'] !== 'null');
  return others.length === 1 ? meaning(others[0] ?? {}, whole) : schema;
}

function withoutUnions({ anyOf: _any, oneOf: _one, allOf: _all, $ref: _reference, ...rest }: Schema): Schema {
  return rest;
}

function kindOf(schema: Schema, choices: readonly string[]): FieldKind {
  if (choices.length > 0) return 'choice';
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'integer':
      return 'integer';
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'array':
      return asSchema(schema['items'])['type'] === 'string' ? 'list' : 'json';
    default:
      return 'json';
  }
}

/** `exchange_options` is read as `Exchange options`, `gpus_per_process` as `GPUs per process`. */
function labelOf(name: string): string {
  const words = name
    .split('_')
    .map((word) => SPELLINGS[word] ?? word)
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const SPELLINGS: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  cpus: 'CPUs',
  gpu: 'GPU',
  gpus: 'GPUs',
  gres: 'GRES',
  id: 'ID',
  qos: 'QOS',
  ssh: 'SSH',
  url: 'URL',
};

/** What stands in the fields at first: the options as they are, and flags as they would be. */
export function valuesOf(fields: readonly OptionField[], options: Schema = {}): Values {
  return Object.fromEntries(
    fields.map(({ name, kind, fallback, required }) => {
      const given = options[name];
      if (kind === 'flag') return [name, (given ?? fallback) === true];
      if (kind === 'choice' && given == null) return [name, required ? '' : textOr(fallback)];
      const differs = JSON.stringify(given ?? null) !== JSON.stringify(fallback ?? null);
      return [name, given == null || (!differs && !required) ? '' : typed(given, kind)];
    }),
  );
}

function typed(value: unknown, kind: FieldKind): string {
  if (kind === 'list' && Array.isArray(value)) return value.map(String).join('\n');
  return kind === 'json' ? JSON.stringify(value) : spell(value);
}

/** The options that the fields spell. Fields left empty are left out, so that their defaults hold. */
export function readOptions(fields: readonly OptionField[], values: Values): Reading {
  const options: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const field of fields) {
    const given = values[field.name] ?? '';
    if (typeof given === 'boolean') {
      if (given !== (field.fallback === true)) options[field.name] = given;
      continue;
    }
    const text = given.trim();
    if (text === '') {
      if (field.required) faults[field.name] = `${field.label} is needed.`;
      continue;
    }
    const value = readValue(field, text);
    if (value instanceof Fault) faults[field.name] = value.words;
    else options[field.name] = value;
  }
  return { options, faults };
}

class Fault {
  constructor(readonly words: string) {}
}

function readValue(field: OptionField, text: string): unknown {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return readNumber(field, text);
    case 'list':
      return text
        .split('\n')
        .map((part) => part.trim())
        .filter(Boolean);
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return new Fault('This is not JSON. An example: {"key": "value"}');
      }
    default:
      return matches(field.pattern, text) ? text : new Fault(`It has to look like ${field.pattern ?? ''}.`);
  }
}

/** A pattern that is no JavaScript is left to the server. */
function matches(pattern: string | null, text: string): boolean {
  if (pattern === null) return true;
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

function readNumber(field: OptionField, text: string): number | Fault {
  const { kind, minimum, exclusiveMinimum, maximum } = field;
  const value = Number(text.replace(',', '.'));
  if (!Number.isFinite(value)) return new Fault('This is not a number.');
  if (kind === 'integer' && !Number.isInteger(value)) return new Fault('This has to be a whole number.');
  if (minimum !== null && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    return new Fault(`It has to be ${exclusiveMinimum ? 'more than' : 'at least'} ${minimum}.`);
  }
  if (maximum !== null && value > maximum) return new Fault(`It can be ${maximum} at most.`);
  return value;
}

/** What holds where a field is left empty, as its placeholder. */
export function placeholderOf({ fallback, example, kind }: OptionField): string {
  if (fallback !== undefined && fallback !== '' && !isEmpty(fallback))
    return `${typed(fallback, kind)} unless set`;
  return example === null ? '' : `such as ${example}`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A name for documents and the command line, made from a title: `Lab cluster` gives `lab-cluster`, or the next free one. */
export function idFor(title: string, taken: readonly string[]): string {
  const plain =
    title
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[\u0300-\u036f]/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'cluster';
  let id = plain;
  for (let number = 2; taken.includes(id); number += 1) id = `${plain}-${String(number)}`;
  return id;
}

/** Why `id` can't be a target's, or null. */
export function idFault(id: string, taken: readonly string[]): string | null {
  if (id === '') return 'A target needs an ID.';
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
    return 'Use small letters, digits and hyphens, and a letter or digit first.';
  }
  if (id.startsWith('local-')) return 'IDs that begin with ‘local-’ are this computer’s own.';
  return taken.includes(id) ? `There is a target ‘${id}’ already.` : null;
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function spell(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
