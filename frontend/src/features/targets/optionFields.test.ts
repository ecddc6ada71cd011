import { describe, expect, it } from 'vitest';
import { fieldsOf, idFault, idFor, placeholderOf, readOptions, valuesOf } from './optionFields';

/** As pydantic writes it. */
const schema = {
  $defs: { Mode: { enum: ['local', 'slurm'], type: 'string' } },
  properties: {
    exchange_options: { additionalProperties: true, type: 'object', description: 'Passed on.' },
    exchange: { minLength: 1, type: 'string', description: 'A folder.' },
    gpus_per_process: { anyOf: [{ minimum: 0, type: 'number' }, { type: 'null' }], default: null },
    survey_seconds: { default: 5.0, exclusiveMinimum: 0, type: 'number' },
    processes: { minimum: 1, maximum: 8, type: 'integer', default: 2 },
    shared: { type: 'boolean', default: true },
    mode: { $ref: '#/$defs/Mode', default: 'slurm' },
    hosts: { type: 'array', items: { type: 'string' }, default: [] },
  },
  required: ['exchange'],
};
const fields = fieldsOf(schema);
const given = (values: Record<string, string | boolean>) =>
  readOptions(fields, { ...valuesOf(fields), ...values });

describe('the form of a kind of target', () => {
  it('starts with what is needed', () => {
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['exchange', 'text'],
      ['exchange_options', 'json'],
      ['gpus_per_process', 'number'],
      ['survey_seconds', 'number'],
      ['processes', 'integer'],
      ['shared', 'flag'],
      ['mode', 'choice'],
      ['hosts', 'list'],
    ]);
  });

  it('has labels and help that people read', () => {
    expect(fields.map(({ label }) => label).slice(0, 3)).toEqual([
      'Exchange',
      'Exchange options',
      'GPUs per process',
    ]);
    expect(fields[0]?.help).toBe('A folder.');
  });

  it('says what holds where nothing is typed', () => {
    expect(fields.map(placeholderOf)).toEqual([
      '',
      '',
      '',
      '5 unless set',
      '2 unless set',
      'true unless set',
      'slurm unless set',
      '',
    ]);
  });
});

describe('reading the form', () => {
  it('leaves out what was left empty or at its default', () => {
    expect(given({ exchange: ' /shared ' })).toEqual({
      options: { exchange: '/shared', mode: 'slurm' },
      faults: {},
    });
  });

  it('reads numbers, lists, JSON and flags', () => {
    const { options, faults } = given({
      exchange: 's3://bucket',
      exchange_options: '{"anon": true}',
      gpus_per_process: '0,5',
      processes: '4',
      shared: false,
      mode: 'local',
      hosts: 'one\n two, too\n',
    });
    expect(faults).toEqual({});
    expect(options).toEqual({
      exchange: 's3://bucket',
      exchange_options: { anon: true },
      gpus_per_process: 0.5,
      processes: 4,
      shared: false,
      mode: 'local',
      hosts: ['one', 'two, too'],
    });
  });

  it.each([
    ['exchange', '', 'Exchange is needed.'],
    ['processes', '1.5', 'This has to be a whole number.'],
    ['processes', '9', 'It can be 8 at most.'],
    ['gpus_per_process', '-1', 'It has to be at least 0.'],
    ['survey_seconds', '0', 'It has to be more than 0.'],
    ['survey_seconds', 'soon', 'This is not a number.'],
    ['exchange_options', '{', 'This is not JSON. An example: {"key": "value"}'],
  ])('says what is wrong with %s %j', (name, text, words) => {
    expect(given({ exchange: '/shared', [name]: text }).faults).toEqual({ [name]: words });
  });

  it('shows saved options, and gives them back as they were', () => {
    const options = {
      exchange: '/shared',
      processes: 4,
      shared: false,
      mode: 'local',
      hosts: ['one', 'two'],
    };
    const values = valuesOf(fields, { ...options, survey_seconds: 5 });
    expect(values['survey_seconds']).toBe('');
    expect(values['hosts']).toBe('one\ntwo');
    expect(readOptions(fields, values).options).toEqual(options);
  });
});

describe('the ID of a target', () => {
  it('comes from its title', () => {
    expect(idFor('Lab cluster (2nd floor)', [])).toBe('lab-cluster-2nd-floor');
    expect(idFor('Größe', ['grosse'])).toBe('gro-e');
    expect(idFor('Lab', ['lab', 'lab-2'])).toBe('lab-3');
    expect(idFor('  ', [])).toBe('cluster');
  });

  it.each(['', 'Lab', '-lab', 'local-7', 'taken', 'a b'])('refuses %j', (id) => {
    expect(idFault(id, ['taken'])).not.toBeNull();
  });

  it('takes plain names', () => {
    expect(idFault('lab-2', ['lab'])).toBeNull();
  });
});
