// Writes src/services/types.generated.ts and docs/reference/pipeline.schema.json from what the server declares.
// With --check it writes nothing and fails when a file is stale.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const frontend = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(frontend, '..');
const check = process.argv.includes('--check');

function python() {
  const places = [join(root, '.venv/bin/python'), join(root, '.venv/Scripts/python.exe')];
  return process.env.TORCHWIRE_PYTHON ?? places.find(existsSync) ?? 'python3';
}

function ask(...options) {
  const command = ['-m', 'torchwire.api.openapi', ...options];
  return JSON.parse(execFileSync(python(), command, { encoding: 'utf8', maxBuffer: 64 << 20 }));
}

/** The compiler reads draft-04: references into `definitions`, tuples as a list under `items`. */
function toDraft04(schema) {
  if (Array.isArray(schema)) return schema.map(toDraft04);
  if (schema === null || typeof schema !== 'object') return schema;
  const { prefixItems, $ref, discriminator: _, default: __, ...rest } = schema;
  if ($ref) return { $ref: $ref.replace('#/components/schemas/', '#/definitions/') };
  const convert = ([key, value]) => [key, key === 'properties' ? fields(value) : toDraft04(value)];
  const converted = Object.fromEntries(Object.entries(rest).map(convert));
  if (prefixItems) converted.items = toDraft04(prefixItems);
  return converted;
}

/** What a record's fields are called is no keyword: a parameter has a field named `default`. */
function fields(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, toDraft04(schema)]));
}

async function types(openapi) {
  const definitions = toDraft04(openapi.components.schemas);
  const names = Object.keys(definitions);
  const whole = {
    title: 'ApiRecords',
    description: 'Every record of the API, by name.',
    type: 'object',
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }])),
    definitions,
  };
  return compile(whole, 'ApiRecords', {
    additionalProperties: false,
    bannerComment:
      '// Made from the server’s OpenAPI document by `npm run generate`. Change the records in Python instead.',
    style: { singleQuote: true, printWidth: 110 },
    format: true,
    ignoreMinAndMaxItems: false,
  });
}

function put(path, text) {
  const name = relative(root, path);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return true;
  if (check) {
    console.error(`${name} is stale. Run: npm run generate --workspace frontend`);
    return false;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${name}`);
  return true;
}

const openapi = ask();
const schema = ask('--pipeline-schema');
const fresh = [
  put(join(frontend, 'src/services/types.generated.ts'), await types(openapi)),
  put(join(root, 'docs/reference/pipeline.schema.json'), JSON.stringify(schema, null, 2) + '\n'),
];
process.exitCode = fresh.every(Boolean) ? 0 : 1;
