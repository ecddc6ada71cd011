import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { modelIn } from './modelArchive';

const MODEL = JSON.stringify({ format: 'torchwire/model', pipeline: { name: 'x'.repeat(5000) } });

/** A zip as the server streams it: sizes stand behind each member, weights are stored and the rest is packed. */
function zip(files: Record<string, string>): File {
  const script = `
import json, sys, zipfile
class Pipe:
    write = sys.stdout.buffer.write
    def flush(self): pass
with zipfile.ZipFile(Pipe(), "w") as made:
    for name, text in json.load(sys.stdin).items():
        info = zipfile.ZipInfo(name)
        info.compress_type = 0 if name.endswith(".safetensors") else 8
        with made.open(info, "w", force_zip64=True) as member:
            member.write(text.encode())
`;
  const made = execFileSync('python3', ['-c', script], { input: JSON.stringify(files) });
  return new File([new Uint8Array(made)], 'train-trained_model.zip');
}

it('finds the model in what was downloaded, whether in a folder or not', async () => {
  const files = { 'MODEL_CARD.md': '# Card', 'last.safetensors': 'x'.repeat(9000) };
  for (const name of ['model.json', 'resnet/model.json']) {
    const found = await modelIn(zip({ ...files, [name]: MODEL }));
    expect(found?.name).toBe('train-trained_model.zip');
    expect(await found?.text()).toBe(MODEL);
  }
});

it('leaves other archives alone', async () => {
  expect(await modelIn(zip({ 'cats/1.jpg': 'x', 'dogs/1.jpg': 'y' }))).toBeNull();
  expect(await modelIn(zip({ 'model.json': '{"format": "another"}' }))).toBeNull();
  expect(await modelIn(zip({ 'a/b/model.json': MODEL }))).toBeNull();
  expect(await modelIn(new File(['no zip at all'], 'x.zip'))).toBeNull();
  expect(await modelIn(new File([], 'x.zip'))).toBeNull();
});
