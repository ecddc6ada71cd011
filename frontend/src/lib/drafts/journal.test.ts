// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import { Journal, type JournalEntry } from './journal';

const entry = (name: string, time = 1): JournalEntry => ({
  revision: 3,
  time,
  underWay: null,
  document: {
    format: 'torchwire/pipeline',
    version: 1,
    name,
    description: '',
    default_compute_target: 'local-cpu',
    nodes: [],
    wires: [],
  },
});

beforeEach(() => localStorage.clear());

it('finds its own entry again after a reload', () => {
  new Journal(localStorage, 'tab').write('p', entry('mine'));
  expect(new Journal(localStorage, 'tab').take('p', new Set(['tab']))?.document.name).toBe('mine');
});

it('leaves the entry of a tab that lives alone', () => {
  new Journal(localStorage, 'other').write('p', entry('theirs'));
  expect(new Journal(localStorage, 'tab').take('p', new Set(['tab', 'other']))).toBeNull();
});

it('takes over the newest entry of tabs that are gone', () => {
  new Journal(localStorage, 'old').write('p', entry('older', 1));
  new Journal(localStorage, 'gone').write('p', entry('newer', 2));
  const journal = new Journal(localStorage, 'tab');
  expect(journal.take('p', new Set(['tab']))?.document.name).toBe('newer');
  journal.clear('p');
  expect(journal.take('p', new Set(['tab']))?.document.name).toBe('older');
});

it('passes over an entry that is damaged', () => {
  localStorage.setItem('torchwire.journal.p.tab', '{"revision": 1');
  expect(new Journal(localStorage, 'tab').take('p', new Set())).toBeNull();
});
