// The JSON Schema of a profile, and look-ups in it: which keys a place knows, and an example of a right value. Errors and editors so tell
// the same story.
import { z } from 'zod';
import { isRecord } from './define.ts';
import { type FieldPath, valueAt } from './field-path.ts';
import { profileSchema } from './schema.ts';

export type SchemaNode = Readonly<Record<string, unknown>>;

/** The schema of what a person writes, with `extends` and `$schema`, which the loader takes before the profile is checked. */
export function jsonSchema(): SchemaNode {
  const { $schema, required, properties, ...rest } = profileTree();
  const sections = isRecord(properties) ? properties : {};
  const { required: appRequired, ...app } = isRecord(sections['app']) ? sections['app'] : {};
  return {
    $schema,
    title: 'lifeboat profile',
    ...rest,
    properties: {
      $schema: { type: 'string', description: 'Address or path of this schema, for editors' },
      extends: { type: 'string', description: 'Path of a profile that this one changes, relative to this file' },
      ...sections,
      app,
    },
    // A profile that extends another one has its required fields there.
    if: { required: ['extends'] },
    else: { required, properties: { app: { required: appRequired } } },
  };
}

let tree: SchemaNode | undefined;

function profileTree(): SchemaNode {
  tree ??= z.toJSONSchema(profileSchema, { io: 'input', reused: 'inline', override: ({ jsonSchema: node }) => { exemplify(node); } });
  return tree;
}

// A default is the best example of its field; what its type brings along may be of another one.
function exemplify(node: Record<string, unknown>): void {
  const { default: value } = node;
  if (typeof value === 'string' || typeof value === 'number') {
    node['examples'] = [value];
  }
}

/** All schemas that can describe the field at a path; alternatives are told apart by the data where they can be. */
export function schemasAt(path: FieldPath, data: unknown): SchemaNode[] {
  let nodes = alternatives(profileTree(), data);
  path.forEach((part, index) => {
    const value = valueAt(data, path.slice(0, index + 1));
    nodes = nodes.flatMap((node) => step(node, part)).flatMap((node) => alternatives(node, value));
  });
  return nodes;
}

export function knownKeys(path: FieldPath, data: unknown): string[] {
  const keys = schemasAt(path, data).flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : []));
  return [...new Set(path.length === 0 ? [...keys, 'extends', '$schema'] : keys)];
}

function step({ properties, items, prefixItems }: SchemaNode, part: string | number): SchemaNode[] {
  const next: unknown =
    typeof part === 'string'
      ? isRecord(properties) && Object.hasOwn(properties, part) ? properties[part] : undefined
      : ((Array.isArray(prefixItems) ? (prefixItems as unknown[])[part] : undefined) ?? items);
  return isRecord(next) ? [next] : [];
}

function alternatives(node: SchemaNode, data: unknown): SchemaNode[] {
  const branches = (node['anyOf'] ?? node['oneOf']) as SchemaNode[] | undefined;
  if (branches === undefined) {
    return [node];
  }
  const fitting = branches.filter(({ properties }) => agrees(properties, data));
  return fitting.length > 0 ? fitting : branches;
}

// A branch agrees when the constants that tell it from the others are those of the data.
function agrees(properties: unknown, data: unknown): boolean {
  return (
    isRecord(properties) &&
    isRecord(data) &&
    Object.entries(properties).every(([key, field]) => !isRecord(field) || field['const'] === undefined || field['const'] === data[key])
  );
}
