// @vitest-environment jsdom
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { TooltipProvider } from '@/components/ui/Tooltip';
import { documentStore } from '@/lib/document/documentStore';
import { faultStore } from '@/lib/document/faultStore';
import { parameterSpec } from '@/lib/document/testing';
import { catalogStore } from '@/lib/modules/catalog';
import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';
import { ParameterForm } from './ParameterForm';

const parameter = (change: Partial<ParameterSpec> & Pick<ParameterSpec, 'id'>): ParameterSpec =>
  parameterSpec({ default: 5, ...change });

const SPEC: ModuleSpec = {
  id: 'train',
  title: 'Train',
  category: '',
  version: 1,
  help: '',
  distributed: false,
  inputs: [],
  outputs: [],
  parameters: [
    parameter({ id: 'epochs', label: 'Epochs', minimum: 0, exclusive_minimum: true, help: 'How often.' }),
    parameter({ id: 'rate', label: 'Learning rate', kind: 'number', default: 0.001 }),
    parameter({ id: 'crop', label: 'Crop', kind: 'flag', default: true }),
    parameter({ id: 'size', label: 'Crop size', shown_when: { crop: true } }),
    parameter({ id: 'momentum', label: 'Momentum', kind: 'number', default: 0.9, group: 'Advanced' }),
  ],
};

const values = () => documentStore.getState().nodes['n']?.parameters;

describe('ParameterForm', () => {
  beforeEach(() => {
    faultStore.getState().clear();
    catalogStore.getState().load({ modules: [SPEC], types: [], categories: [] });
    documentStore.getState().load({
      id: 'p',
      revision: 1,
      document: {
        format: 'torchwire/pipeline',
        version: 1,
        name: 'P',
        description: '',
        default_compute_target: 'local-cpu',
        wires: [],
        nodes: [
          {
            id: 'n',
            module: 'train',
            version: 1,
            label: '',
            comment: '',
            parameters: {},
            compute_target: null,
            resources: { node_count: 1, process_count_per_node: 1 },
            regenerate_output: false,
            position: [0, 0],
          },
        ],
      },
    });
    render(
      <TooltipProvider>
        <ParameterForm nodeId="n" spec={SPEC} />
      </TooltipProvider>,
    );
  });

  it('shows the default and says what a field is about', () => {
    expect(screen.getByLabelText('Epochs')).toHaveValue('5');
    expect(screen.getByLabelText('Epochs')).toHaveAccessibleDescription(/> 0 · default 5.*How often\./);
  });

  it('takes scientific notation', async () => {
    const field = screen.getByLabelText('Learning rate');
    await userEvent.clear(field);
    await userEvent.type(field, '5e-2');
    expect(values()).toEqual({ rate: 0.05 });
    expect(field).toHaveValue('5e-2');
  });

  it('steps by the arrow keys, not below what is allowed', async () => {
    const field = screen.getByLabelText('Epochs');
    await userEvent.type(field, '{ArrowUp}');
    expect(field).toHaveValue('6');
    await userEvent.type(field, '{Shift>}{ArrowDown}{/Shift}');
    expect(field).toHaveValue('1');
  });

  it('takes a burst of typing back in one step', async () => {
    const field = screen.getByLabelText('Epochs');
    await userEvent.clear(field);
    await userEvent.type(field, '120');
    act(() => documentStore.getState().undo());
    expect(values()).toEqual({});
    expect(field).toHaveValue('5');
  });

  it('says in place what is wrong', async () => {
    const field = screen.getByLabelText('Epochs');
    await userEvent.clear(field);
    await userEvent.type(field, '0');
    expect(field).toBeInvalid();
    expect(screen.getByText('This must be a whole number greater than 0.')).toBeVisible();
  });

  it('shows a fault of the server at its field until the field is edited', async () => {
    faultStore
      .getState()
      .show([{ code: '0008', name: 'X', message: 'Too many.', node: 'n', parameter: 'epochs' }]);
    expect(await screen.findByText('Too many.')).toBeVisible();
    await userEvent.type(screen.getByLabelText('Epochs'), '1');
    expect(screen.queryByText('Too many.')).not.toBeInTheDocument();
  });

  it('hides what does not apply', async () => {
    expect(screen.getByLabelText('Crop size')).toBeVisible();
    await userEvent.click(screen.getByRole('switch', { name: 'Crop' }));
    expect(screen.queryByLabelText('Crop size')).not.toBeInTheDocument();
  });

  it('marks what was changed, and resets one or all', async () => {
    await userEvent.type(screen.getByLabelText('Epochs'), '0');
    await userEvent.click(screen.getByRole('switch', { name: 'Crop' }));
    expect(screen.getByText('2 of 4 changed from the default')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Reset Epochs to 5' }));
    expect(values()).toEqual({ crop: false });
    await userEvent.click(screen.getByRole('button', { name: 'Reset all' }));
    expect(values()).toEqual({});
  });

  it('keeps advanced parameters folded until they are asked for', async () => {
    expect(screen.queryByLabelText('Momentum')).not.toBeInTheDocument();
    await userEvent.click(within(document.body).getByRole('button', { name: 'Advanced' }));
    expect(screen.getByLabelText('Momentum')).toHaveValue('0.9');
  });
});
