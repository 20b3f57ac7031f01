// Profiles that state every field, made from the schema: a field that is added to it is in them without a word here.
import { z } from 'zod';
import { isRecord } from '../../../generator/profile/define.ts';
import type { FieldPath } from '../../../generator/profile/field-path.ts';
import { profileSchema } from '../../../generator/profile/schema.ts';
import type { SchemaNode } from '../../../generator/profile/schema-tree.ts';

/** Which of several alternatives is taken, and which fields are left out that may be: some of them win over others. */
export type Variant = { readonly alternative: number; readonly leftOut: RegExp };

/** A field as it is called here, `backup.remotes(s3).bucket`, where it stands in a sample, and what the schema says about it. */
export type Field = { readonly name: string; readonly path: FieldPath; readonly node: SchemaNode };
export type Sample = { readonly data: unknown; readonly fields: readonly Field[] };

const schema: SchemaNode = z.toJSONSchema(profileSchema, { io: 'input', reused: 'inline' });

/** Where the example of the schema is shortened for its readers, or hides another field: a test that is not nginx's own cannot reload it. */
const WHOLE: Readonly<Record<string, unknown>> = {
  'backup.signing.publicKeys': ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV6czbBTaSYJqpgSSTuRHk3vJXs1JsByYdRCzoE3Qe shop'],
  'nginx.testCommand': ['/usr/local/bin/test-nginx', '--quiet'],
};

export function sampleOf(variant: Variant): Sample {
  const fields: Field[] = [];
  return { data: build(schema, { name: '', path: [] }, variant, fields), fields };
}

/** Every field that the schema knows, by name. */
export function fieldNames(node: SchemaNode = schema, name = ''): string[] {
  const groups = groupsOf(node);
  if (groups.length > 0) return groups.flatMap((group) => fieldNames(group, name + kindOf(group)));
  if (isRecord(node['properties'])) return childrenOf(node).flatMap(([key, child]) => fieldNames(child, below(name, key)));
  return groupsOf(itemsOf(node)).length > 0 ? fieldNames(itemsOf(node), name) : [name];
}

type Place = { readonly name: string; readonly path: FieldPath };

function build(node: SchemaNode, { name, path }: Place, variant: Variant, fields: Field[]): unknown {
  const groups = groupsOf(node);
  const group = groups[Math.min(variant.alternative, groups.length - 1)];
  if (group !== undefined) return build(group, { name: name + kindOf(group), path }, variant, fields);
  if (isRecord(node['properties'])) {
    const wanted = childrenOf(node).filter(([key, child]) => isNeeded(node, key, child) || !variant.leftOut.test(below(name, key)));
    const stated = wanted.map(([key, child]) => [key, build(child, { name: below(name, key), path: [...path, key] }, variant, fields)] as const);
    return { ...constantsOf(node), ...Object.fromEntries(stated) };
  }
  const items = groupsOf(itemsOf(node));
  if (items.length > 0) return items.map((item, index) => build(item, { name: name + kindOf(item), path: [...path, index] }, variant, fields));
  fields.push({ name, path, node });
  return WHOLE[name] ?? valueOf(node, variant);
}

function valueOf(node: SchemaNode, { alternative }: Variant): unknown {
  const choices = Array.isArray(node['enum']) ? (node['enum'] as unknown[]) : [];
  if (choices.length > 0) return choices[Math.min(alternative, choices.length - 1)];
  const item = examplesOf(itemsOf(node))[0];
  const fallback = isEmpty(node['default']) ? undefined : node['default'];
  return fallback ?? examplesOf(node)[0] ?? (item === undefined ? undefined : [item]);
}

/** Examples of a field; of one that may also be null, those of its other form. */
export function examplesOf(node: SchemaNode): unknown[] {
  const forms = Array.isArray(node['anyOf']) ? (node['anyOf'] as SchemaNode[]) : [];
  return [node, ...forms].flatMap(({ examples }) => (Array.isArray(examples) ? (examples as unknown[]) : []));
}

/** The alternatives of a node that are groups of fields. */
function groupsOf(node: SchemaNode): SchemaNode[] {
  const forms = [node['anyOf'], node['oneOf']].find((list) => Array.isArray(list)) as SchemaNode[] | undefined;
  return (forms ?? []).filter(({ properties }) => properties !== undefined);
}

function itemsOf(node: SchemaNode): SchemaNode {
  return isRecord(node['items']) ? node['items'] : {};
}

/** The fields of a group, but for the word that tells it from the other alternatives. */
function childrenOf(node: SchemaNode): [string, SchemaNode][] {
  return propertiesOf(node).filter(([, child]) => child['const'] === undefined);
}

function constantsOf(node: SchemaNode): Record<string, unknown> {
  return Object.fromEntries(propertiesOf(node).flatMap(([key, child]) => (child['const'] === undefined ? [] : [[key, child['const']]])));
}

function propertiesOf({ properties }: SchemaNode): [string, SchemaNode][] {
  return isRecord(properties) ? (Object.entries(properties) as [string, SchemaNode][]) : [];
}

function kindOf(group: SchemaNode): string {
  const [kind] = Object.values(constantsOf(group));
  return typeof kind === 'string' ? `(${kind})` : '';
}

/** Whether a field has a default or must be written, and so is never missing. */
function isNeeded({ required }: SchemaNode, key: string, child: SchemaNode): boolean {
  return child['default'] !== undefined || (Array.isArray(required) && required.includes(key));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function below(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}
